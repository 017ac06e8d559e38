import { existsSync } from "node:fs";

/** Ends that editors and people give to copies: `.env~`, `.env copy`, `id_rsa.bak`, `#.env#`, `.server.key.swp`. */
const copyMark = /(?:~|#|\.(?:bak|backup|old|orig|save|sw[a-p]|tmp)|[ _-]copy(?: ?\d+)?| ?\(\d+\))$/i;

const config = "(?:json|ya?ml|toml|ini|xml|properties|conf|cfg|config|txt|csv|enc|env|plist)";

/** Names of files and folders that hold secrets. Nothing can negate this list: no model sees content or path. */
const secretName = nameList([
  String.raw`\.env(?!\.(?:example|sample|template)$)(?:[^a-z0-9].*)?`,
  String.raw`.*\.(?:pem|key|p8|p12|pkcs12|pfx|der|gpg|pgp|jks|keystore|kdbx|ppk|tfvars|ovpn)`,
  String.raw`.*\.tfstate.*`,
  "id_(?:rsa|dsa|ecdsa|ed25519).*",
  "ssh_host_.*_key.*",
  String.raw`\.(?:npmrc|pypirc|netrc|pgpass|htpasswd|htdigest|git-credentials|dockercfg|dockerconfigjson)`,
  String.raw`\.(?:aws|ssh|gnupg|azure|password-store)`,
]);

/** Names that are secrets of files only: folders of these names are ordinary source. */
const secretFileName = nameList([
  String.raw`\.envrc(?:[^a-z0-9].*)?`,
  String.raw`.*\.env(?:\.(?:local|prod|production|dev|development|staging|test))?`,
  "[._]?credentials",
  String.raw`credentials.*\.json`,
  String.raw`(?:.*[-_.])?credentials(?:[-_. ].*)?\.${config}`,
  String.raw`\.?secrets`,
  String.raw`(?:.*[-_.])?secrets(?:[-_. ].*)?\.${config}`,
  String.raw`client_secrets?.*\.json`,
  String.raw`(?:.*[-_.])?service[-_]?account.*\.json`,
  String.raw`(?:.*[-_.])?(?:gcp|gcloud|gcs|google|firebase|bigquery|vertex)(?:[-_.].*)?[-_.](?:key|keys|keyfile|sa)\.json`,
  String.raw`.*firebase-adminsdk.*\.json`,
  String.raw`kubeconfig(?:\.ya?ml|\.json|\.conf)?|.*\.kubeconfig`,
  String.raw`\.terraformrc|terraform\.rc|\.vault-token|\.my\.cnf|\.mylogin\.cnf|\.s3cfg|\.boto|_netrc|pgpass\.conf`,
  String.raw`\.pg_service\.conf|\.yarnrc\.yml|\.databrickscfg|\.passwd-s3fs|\.msmtprc|rclone\.conf|sftp-config\.json`,
  String.raw`\.(?:[a-z0-9]+_)*history|\.lesshst|\.viminfo|fish_history|consolehost_history\.txt`,
]);

/** The ends of paths. */
const secretPlace = /(?:^|\/)(?:\.docker\/config\.json|\.kube\/config|\.config\/gcloud|\.config\/gh\/hosts\.ya?ml)$/i;
const secretFilePlace =
  /(?:^|\/)(?:etc\/g?shadow-?|\.m2\/settings(?:-security)?\.xml|\.gradle\/gradle\.properties|\.oci\/config|\.config\/hub)$/i;

/** Folders in which a tool keeps passwords in a file of this name; elsewhere it may well be a translation. */
const authPlace = /(?:^|\/)(?:\.?composer|containers|\.docker|\.codex|\.npm|opencode)\/auth\.json$/i;

/** Names of source files and of folders that are on no list: almost all, and told fast. */
const ordinaryFile =
  /^(?!id_|ssh_)[\w-]+(?:\.d|\.test|\.spec)?\.(?:[cm]?[jt]sx?|py|go|rs|java|kt|c|h|cc|cpp|hpp|cs|rb|php|swift|md|s?css|html|vue)$/i;
const ordinaryFolder = /^(?!id_|ssh_|gcloud$)[\w-]+$/i;

/** Folders that no walk enters: the insides of version control. */
export const versionControl: ReadonlySet<string> = new Set([".git", ".hg", ".svn"]);

/**
 * True where a file or folder holds secrets by its own name and place; its parents are judged when they are walked.
 * @param file the path as far as it is known, with `/`
 * @param exists tells whether there is a file; not asked for but a few names
 */
export function isSecret(file: string, isFolder = false, exists: (file: string) => boolean = existsSync): boolean {
  const name = file.slice(file.lastIndexOf("/") + 1);
  if ((isFolder ? ordinaryFolder : ordinaryFile).test(name)) return false;
  if (isSecretPath(file, isFolder, exists)) return true;
  if (!copyMark.test(name)) return false;
  const original = withoutMarks(name.replace(/^\.?#/, ""));
  const folder = file.slice(0, file.length - name.length);
  // A swap file has one more dot in front.
  return [original, original.replace(/^\./, "")].some(
    (one) => one !== "" && isSecretPath(folder + one, isFolder, exists),
  );
}

/** As `isSecret`, and true as well for all that lies under a secret folder. */
export function isUnderSecret(file: string, isFolder = false, exists?: (file: string) => boolean): boolean {
  const parts = file.split("/");
  const last = parts.length - 1;
  return parts.some((part, i) => {
    return part !== "" && isSecret(parts.slice(0, i + 1).join("/"), i < last || isFolder, exists);
  });
}

function isSecretPath(file: string, isFolder: boolean, exists: (file: string) => boolean): boolean {
  const name = file.slice(file.lastIndexOf("/") + 1);
  if (secretName.test(name) || secretPlace.test(file)) return true;
  return !isFolder && (secretFileName.test(name) || secretFilePlace.test(file) || isComposerAuth(file, name, exists));
}

/** Composer keeps passwords in the `auth.json` beside its manifest. */
function isComposerAuth(file: string, name: string, exists: (file: string) => boolean): boolean {
  if (name.toLowerCase() !== "auth.json") return false;
  return authPlace.test(file) || exists(`${file.slice(0, -name.length)}composer.json`);
}

function withoutMarks(name: string): string {
  let bare = name;
  while (copyMark.test(bare)) bare = bare.replace(copyMark, "");
  return bare;
}

function nameList(names: readonly string[]): RegExp {
  return new RegExp(`^(?:${names.join("|")})$`, "is");
}
