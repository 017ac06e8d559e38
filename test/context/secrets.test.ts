import { symlinkSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { collect } from "../../src/context/collect.ts";
import { pathsOf } from "../../src/context/corpus.ts";
import { ContextReader } from "../../src/context/reader.ts";
import { viewOf } from "../../src/context/view.ts";
import { collectPaths, folderWith, leftOut } from "./support.ts";

const secretFiles = [
  ...[
    ".env",
    ".env.local",
    ".ENV.production",
    ".env~",
    ".env copy",
    ".env.example.local",
    ".envrc",
    "prod.env",
    "a.env.bak",
  ],
  ...[
    "server.pem",
    "deploy/tls.key",
    "AuthKey_1.p8",
    "a.p12",
    "a.pfx",
    "a.der",
    "a.gpg",
    "a.jks",
    "a.keystore",
    "a.kdbx",
  ],
  ...[
    "id_rsa",
    "id_ed25519.pub",
    "ssh_host_rsa_key",
    "a.ppk",
    "a.ovpn",
    "server.pem.bak",
    "SERVER.PEM",
    ".server.key.swp",
  ],
  ...[".npmrc", ".pypirc", ".netrc", "_netrc", ".pgpass", "pgpass.conf", ".htpasswd", ".git-credentials", ".dockercfg"],
  ...["credentials", ".credentials", "credentials.json", "Credentials.YML", "credentials.yaml", "credentials.toml"],
  ...["credentials.ini", "credentials.xml", "credentials copy.json", "aws-credentials.ini", ".cargo/credentials.toml"],
  ...[".gem/credentials", ".config/gh/hosts.yml", ".terraformrc", ".vault-token", ".my.cnf", ".s3cfg", ".boto"],
  ...[".yarnrc.yml", ".docker/config.json", ".kube/config", "kubeconfig", "kubeconfig.yaml", "dev.kubeconfig"],
  ...["service-account-prod.json", "gcp-key.json", "google-cloud-key.json", "app-firebase-adminsdk-x1.json"],
  ...["secrets.json", "secrets.yaml", "secrets.yml", "secrets.toml", "app.secrets.json", "secrets-prod.yaml"],
  ...["terraform.tfstate.backup", "prod.tfvars", ".bash_history", ".zsh_history", ".python_history", ".psql_history"],
  ...["etc/shadow", "etc/gshadow", "php/auth.json", ".composer/auth.json"],
];
const secretFolders = [".aws/credentials", ".ssh/known_hosts", ".gnupg/x", ".azure/x", ".config/gcloud/x"];
const openFiles = [
  ...[".env.example", ".env.sample", ".env.template", "environment.ts", "env.ts", ".kube/notes.md", "keys.ts"],
  ...[
    "credentials.ts",
    "lib/credentials/index.ts",
    "lib/dev.env/read.me",
    "secrets.py",
    "lib/secrets/mod.rs",
    "kubeconfig.go",
    "lib/kubeconfig/load.go",
  ],
  ...[
    "secret.ts",
    "history.ts",
    "browser-history.json",
    "shadow.css",
    "src/shadow",
    "hosts.yml",
    "locales/en/auth.json",
  ],
  ...["my-keyboard.json", "php/composer.json", "keynote.md", "derive.rs", "envelope.ts"],
];

test("files of the secret list are left out whatever an ignore file says; their models stay", async () => {
  const names = [...secretFiles, ...secretFolders, ...openFiles];
  const cwd = folderWith({
    ...Object.fromEntries(names.map((name) => [name, "TOPSECRET=1"])),
    ".gitignore": "!.env\n!*.pem\n!**\n",
  });
  const corpus = await collectPaths(cwd);
  expect(pathsOf(corpus)).toEqual([...openFiles, ".gitignore"].sort());
  const folders = [".aws/", ".ssh/", ".gnupg/", ".azure/", ".config/gcloud/"];
  expect(leftOut(corpus)).toEqual(Object.fromEntries([...secretFiles, ...folders].map((name) => [name, "secret"])));
});

test("no function shows a secret file's content or path, and the user is told", async () => {
  const cwd = folderWith({
    ".env": "TOPSECRET=1",
    "conf/prod.pem": "TOPSECRET",
    "a.ts": "ok\n",
    "x.log": "1",
    ".gitignore": "*.log",
  });
  const corpus = await collectPaths(cwd);
  const reader = new ContextReader(corpus);
  const view = viewOf(corpus);
  const told = [
    view.card(),
    view.numbered(),
    reader.tree("", 9),
    JSON.stringify([
      reader.list(),
      reader.omitted(),
      reader.omitted("*.env"),
      reader.search("TOPSECRET"),
      reader.find("pem env"),
    ]),
  ].join("\n");
  expect(told).not.toMatch(/TOPSECRET|\.env|pem/);
  expect(view.card()).toContain("2 secret");
  expect(reader.omitted()).toEqual([{ path: "x.log", reason: "ignored", bytes: 1 }]);
  expect(() => reader.read(".env")).toThrow('No file ".env".');
  expect(() => reader.read("conf/prod.pen")).toThrow(/^(?!.*prod\.pem).*$/);
  expect(view.omitted.filter((entry) => entry.reason === "secret").map((entry) => entry.path)).toEqual([
    ".env",
    "conf/prod.pem",
  ]);
});

test("a secret file stays out when it was named outright or is reached through a link", async () => {
  const cwd = folderWith({ ".env": "K=1", "a.ts": "ok", ".ssh/config": "Host x" });
  symlinkSync(path.join(cwd, ".env"), path.join(cwd, "settings.txt"));
  await expect(collectPaths(cwd, { paths: [".env"] })).rejects.toMatchObject({ code: "empty" });
  await expect(collectPaths(cwd, { paths: ["settings.txt"] })).rejects.toMatchObject({ code: "empty" });
  await expect(collectPaths(cwd, { paths: [".ssh"] })).rejects.toMatchObject({ code: "empty" });
  await expect(collectPaths(cwd, { paths: [".ssh/config"] })).rejects.toMatchObject({ code: "empty" });
  const corpus = await collectPaths(cwd, { paths: ["a.ts", ".env"] });
  expect(pathsOf(corpus)).toEqual(["a.ts"]);
  expect(leftOut(corpus)).toEqual({ ".env": "secret" });
  expect(leftOut(await collectPaths(cwd))).toMatchObject({ "settings.txt": "secret" });
  const text = { kind: "text", name: "t", file: path.join(cwd, ".env") } as const;
  await expect(collect(text, { signal: new AbortController().signal })).rejects.toMatchObject({ code: "empty" });
});

const letters = "AbCdEfGhIjKlMnOpQrStUvWxYz0123456789";
const secrets: Readonly<Record<string, string>> = {
  aws: "AKIAABCDEFGHIJKLMNOP",
  stripe: `sk_live_${letters}`,
  stripeRestricted: `rk_live_${letters}`,
  gitlab: "glpat-AbCdEfGhIjKlMnOpQr12",
  npm: `npm_${letters}`,
  huggingFace: `hf_${letters.slice(0, 34)}`,
  sendGrid: `SG.${letters.slice(0, 22)}.${letters}1234567`,
  pypi: `pypi-AgEIcHlwaS5vcmc${letters}`,
  digitalOcean: `dop_v1_${"0a1b2c3d".repeat(8)}`,
  twilio: `SK${"0a1b2c3d".repeat(4)}`,
  age: `AGE-SECRET-KEY-1${"QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L".repeat(2)}`,
  openai: `sk-proj-${letters}`,
  openrouter: `sk-or-v1-${"0a1b2c3d".repeat(8)}`,
  github: `ghp_${letters}`,
  githubFine: `github_pat_${letters}_${letters}`,
  slack: "xoxb-123456789012-abcdefABCDEF",
  google: `AIza${letters.slice(0, 35)}`,
  jwt: `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.${letters}`,
};

test.each(Object.entries(secrets))("a secret inside a text is masked on its line: %s", async (_kind, secret) => {
  const text = `first\nconst key = "${secret}"; // after\nlast é\n`;
  const corpus = await collectPaths(folderWith({ "a.ts": text }));
  const read = new ContextReader(corpus).read("a.ts");
  expect(read).not.toContain(secret.slice(8));
  expect(read.split("\n")).toHaveLength(4);
  expect(read).toMatch(/^first\nconst key = "\[masked [^"]*"; \/\/ after\nlast é\n$/);
  expect(corpus.masked).toEqual({ secrets: 1, files: 1 });
  expect(viewOf(corpus).card()).toContain("1 secret in 1 file masked");
});

/** Text, and the part of it that must be gone. */
const inText: readonly (readonly [string, string])[] = [
  ["url = https://hooks.slack.com/services/T0AB12CD3/B0AB12CD3/AbCdEfGhIjKlMnOpQrStUvWx", "AbCdEfGhIjKl"],
  ["AccountName=x;AccountKey=AbCdEfGhIjKlMnOpQrStUvWxYz0123456789AbCdEfGhIjKlMnOp+/==;End", "AbCdEfGh"],
  ["Endpoint=sb://x/;SharedAccessKey=AbCdEfGhIjKlMnOpQrStUvWxYz0123456789AbCdEfGhIjKl=", "AbCdEfGh"],
  ["DATABASE_URL=postgres://app:s3cr3t-pw@db.internal:5432/x", "s3cr3t-pw"],
  ["redis://:s3cr3t-pw@cache:6379", "s3cr3t-pw"],
  ['{"url": "amqp:\\/\\/app:s3cr3t-pw@queue\\/x"}', "s3cr3t-pw"],
  ["Authorization: Bearer 0123abcd4567efgh8901ijkl", "0123abcd4567"],
  ['headers = {"authorization": "bearer 0123abcd4567efgh8901ijkl"}', "0123abcd4567"],
  ["Authorization: Basic YXBwOnMzY3IzdA==", "YXBwOnMz"],
  ['TWILIO_AUTH_TOKEN="0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d"', "0a1b2c3d"],
  ['{"text": "line\\nAKIAABCDEFGHIJKLMNOP\\nline"}', "KIAABCDEF"],
  [
    "Encryption: none\nPrivate-Lines: 2\nAAAAgQDHLDLbwbH3dSlqvhbHCuGkUoO9\nAAAAgQDHLDLbwbH3dSlqvhbH\nPrivate-MAC: 1",
    "AAAAgQ",
  ],
];

test.each(
  inText.flatMap(([text, secret]) =>
    [text, `before\r\n${text.replaceAll("\n", "\r\n")}\r\nafter`].map((t) => [t, secret]),
  ),
)("a secret that a text around it gives away is masked, and the lines stay: %j", async (text = "", secret = "") => {
  const corpus = await collectPaths(folderWith({ a: text }));
  const read = new ContextReader(corpus).read("a");
  expect(read).not.toContain(secret);
  expect(corpus.masked).toEqual({ secrets: 1, files: 1 });
  expect(read).toHaveLength(text.length);
  expect(read.replace(/[^\r\n]/g, "")).toBe(text.replace(/[^\r\n]/g, ""));
});

test("a secret is masked wherever it lies, across the ends of pieces and of files that are read in one go", async () => {
  const key = "AKIAABCDEFGHIJKLMNOP";
  const edges = Array.from({ length: 150 }, (_, i) => (i + 1) * 65_536);
  const text = Buffer.alloc(9_900_000, "lorem ipsum, ");
  for (const [i, edge] of edges.entries()) text.write(` ${key} `, edge - 2 - (i % 24));
  const cwd = folderWith({ "large.txt": text, "small.txt": text.subarray(0, 1_400_000), "tail.txt": `x ${key}` });
  const corpus = await collectPaths(cwd, { paths: ["large.txt", "small.txt", "tail.txt"] });
  const reader = new ContextReader(corpus);
  expect(reader.count("AKIA")).toBe(0);
  expect(corpus.masked).toEqual({ secrets: 150 + 21 + 1, files: 3 });
});

test("the body of a private key is masked line by line, in a block and in a string", async () => {
  const body = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj";
  const block = `a\n-----BEGIN RSA PRIVATE KEY-----\n${body}\n-----END RSA PRIVATE KEY-----\nb\n`;
  const string = `k = "-----BEGIN PRIVATE KEY-----\\n${body.replace("\n", "\\n")}\\n-----END PRIVATE KEY-----";\n`;
  const cut = `-----BEGIN EC PRIVATE KEY-----\n${body}\n\nplain words follow here\n`;
  const corpus = await collectPaths(folderWith({ block, string, cut }));
  const reader = new ContextReader(corpus);
  for (const name of ["block", "string", "cut"]) expect(reader.read(name)).not.toMatch(/MIIE|BKcw|VJTU/);
  expect(reader.read("block").split("\n")).toHaveLength(7);
  expect(reader.read("cut")).toContain("plain words follow here");
  expect(corpus.masked).toEqual({ secrets: 3, files: 3 });
});

test("what only looks like a secret is left as it is", async () => {
  const text = [
    "class sk-cube-grid-loading-indicator",
    "the task-runner-that-is-rather-long-1234567",
    "sk-short AKIA12 ghp_short eyJ.eyJ.x",
    "light_weight through_put",
    "sk-ssh-ed25519-cert-v01@openssh.com npm_config_registry npm_lifecycle_event_of_this_package_here",
    "hf_hub_download_with_a_very_long_name_here SG.foo.bar pypi-publish-action-for-everyone-and-all-1",
    "Bearer authentication_is_described_below Bearer ${token} Basic information",
    "https://user:pass@host/ https://abc:xyz@example.com http://${user}:${password}@host //a:b@c http://[^:]+:[^@]+@x",
    "git clone https://github.com/a/b.git@v1 postgres://$USER:$PASS@db scheme://user:password@host a ? b://c : d@e",
    "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX SKIP SKELETON AccountKey=<key>",
    'if (text.includes("-----BEGIN PRIVATE KEY-----")) return "-----END PRIVATE KEY-----";',
  ].join("\n");
  const corpus = await collectPaths(folderWith({ a: text }));
  expect(new ContextReader(corpus).read("a")).toBe(text);
  expect(corpus.masked).toEqual({ secrets: 0, files: 0 });
});

test("a folder of a secret place that is asked about itself gives away nothing of it", async () => {
  const cwd = folderWith({
    ".docker/config.json": '{"auths": "SECRET-A"}',
    ".docker/notes.txt": "fine",
    ".config/gcloud/x.json": "SECRET-B",
    ".config/app.txt": "fine",
  });
  symlinkSync(path.join(cwd, ".docker"), path.join(cwd, "linked"));
  for (const folder of [".docker", ".config", "linked"]) {
    const view = viewOf(await collectPaths(cwd, { paths: [folder] }));
    expect(view.numbered()).not.toMatch(/SECRET|config\.json|gcloud/);
    expect(view.omitted.some(({ reason }) => reason === "secret")).toBe(true);
  }
});
