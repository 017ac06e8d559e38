// Installs PostgreSQL for tests, where it is missing: Debian's package, as root.
import { installPackages, missingPackages } from "../editor/debian-packages.ts";
import { progress, SetupError } from "../editor/setup-error.ts";
import { postgresPrograms } from "./temp-postgres.ts";

try {
  const server = postgresPrograms() === null ? ["postgresql"] : [];
  installPackages([...server, ...missingPackages(["openssl"])]);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  progress(error.message);
  process.exitCode = 1;
}
