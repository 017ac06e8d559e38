import { createHash } from "node:crypto";
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

/**
 * Does `work` while no other process of this machine holds the lock of that name. The lock is a Linux abstract socket:
 * the system frees it when its holder ends, however that happens.
 * @param onWait called once if another process holds the lock
 */
export async function withMachineLock<T>(name: string, onWait: () => void, work: () => Promise<T>): Promise<T> {
  const address = `\0rlm-${createHash("sha256").update(name).digest("hex").slice(0, 32)}`;
  const waiting = new Set<Socket>();
  let server = await tryLock(address, waiting);
  if (!server) onWait();
  while (!server) {
    await holderGone(address);
    server = await tryLock(address, waiting);
  }
  try {
    return await work();
  } finally {
    server.close();
    for (const socket of waiting) socket.destroy();
  }
}

async function tryLock(address: string, waiting: Set<Socket>): Promise<Server | null> {
  const server = createServer((socket) => {
    waiting.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => waiting.delete(socket));
  });
  try {
    server.listen(address);
    await once(server, "listening");
    return server;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EADDRINUSE") return null;
    throw error;
  }
}

/** Settles when the holder closes the connection, or is not there. */
function holderGone(address: string): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(address);
    socket.on("error", () => {});
    socket.once("close", () => resolve());
    socket.resume();
  });
}
