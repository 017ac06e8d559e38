import { createServer } from "node:net";

const tries = 50;

/** The next port of 127.0.0.1 after `port` that nobody listens on; null where none of the next fifty is free. */
export async function nextFreePort(port: number): Promise<number | null> {
  for (let next = port + 1; next <= Math.min(65_535, port + tries); next += 1) if (await isFree(next)) return next;
  return null;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
