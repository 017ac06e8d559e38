/**
 * @param version of Node, as `20.11.1`
 * @returns why this program does not run on it, in a line; null where it does
 */
export function nodeComplaint(version: string): string | null {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const runs = major === 20 ? minor >= 12 : major >= 22;
  return runs ? null : `This is Node ${version}; Node 20 (20.12 or newer) or 22 or newer is needed.`;
}
