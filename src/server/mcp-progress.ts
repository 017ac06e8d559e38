import type { RequestHandlerExtra } from "@modelcontextprotocol/sdk/shared/protocol.js";
import type { ServerNotification, ServerRequest } from "@modelcontextprotocol/sdk/types.js";
import type { Run } from "../ask.ts";
import { oneLine } from "../rlm/cut.ts";
import { RunTree } from "../rlm/run-tree.ts";
import { describeActivity } from "../rlm/run-words.ts";

/** Clients give up on a request that says nothing, mostly after a minute. */
const aliveEveryMs = 15_000;

/** Tells a client that asked for it how its request gets on. */
export class McpProgress {
  readonly #token: string | number | undefined;
  readonly #send: (notification: ServerNotification) => Promise<void>;
  #message = "";
  #progress = 0;

  constructor({ _meta, sendNotification }: RequestHandlerExtra<ServerRequest, ServerNotification>) {
    this.#token = _meta?.progressToken;
    this.#send = sendNotification;
  }

  /** Does work and tells now and then that it still goes on. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    const alive = setInterval(() => void this.#tell(), aliveEveryMs);
    try {
      return await work();
    } finally {
      clearInterval(alive);
    }
  }

  /** Tells what goes on, where that is news. */
  async tell(message: string): Promise<void> {
    if (message === this.#message) return;
    this.#message = message;
    await this.#tell();
  }

  /** Tells what a run does, until it is over. */
  async follow(run: Run): Promise<void> {
    if (this.#token === undefined) return;
    const tree = new RunTree();
    for await (const event of run.events()) {
      tree.add(event);
      await this.tell(oneLine(describeActivity(tree, event.at), 200));
    }
  }

  async #tell(): Promise<void> {
    if (this.#token === undefined) return;
    this.#progress += 1;
    const params = { progressToken: this.#token, progress: this.#progress, message: this.#message };
    // A client that has gone ends the request by its signal.
    await this.#send({ method: "notifications/progress", params }).catch(() => {});
  }
}
