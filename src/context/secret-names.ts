/** Names of files and folders that hold secrets. Nothing can negate this list: no model sees content or path. */
const secretName = new RegExp(
  `^(?:${[
    String.raw`\.env`,
    String.raw`\.env\.(?!(?:example|sample|template)$).*`,
    String.raw`.*\.(?:pem|key|p12|pfx|jks|keystore|kdbx|ppk|tfvars)`,
    String.raw`.*\.tfstate.*`,
    "id_(?:rsa|dsa|ecdsa|ed25519).*",
    String.raw`\.(?:npmrc|pypirc|netrc|pgpass|htpasswd|git-credentials|dockercfg)`,
    String.raw`\.(?:aws|ssh|gnupg|azure)`,
    String.raw`service-account.*\.json`,
    String.raw`credentials.*\.json`,
  ].join("|")})$`,
  "is",
);

const secretPlaces = [".docker/config.json", ".kube/config", ".config/gcloud"];

/** Folders that no walk enters: the insides of version control. */
export const versionControl: ReadonlySet<string> = new Set([".git", ".hg", ".svn"]);

/**
 * True where a file or folder holds secrets by its own name and place; its parents are judged when they are walked.
 * @param path the path as far as it is known, with `/`
 */
export function isSecret(path: string): boolean {
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (secretName.test(name)) return true;
  const lower = path.toLowerCase();
  return secretPlaces.some((place) => lower === place || lower.endsWith(`/${place}`));
}

/** As `isSecret`, and true as well for all that lies under a secret folder. */
export function isUnderSecret(path: string): boolean {
  const parts = path.split("/");
  return parts.some((part, i) => part !== "" && isSecret(parts.slice(0, i + 1).join("/")));
}
