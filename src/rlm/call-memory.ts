/** The replies that a run and its children have had, so that a cell that is run again pays only for what is new. */
export class CallMemory {
  readonly #replies = new Map<string, string>();
  readonly #sha256: (text: string) => string;

  constructor(sha256: (text: string) => string) {
    this.#sha256 = sha256;
  }

  /**
   * The key of each call of a batch: what was asked, of whom, and the how-manieth same question of its batch it is, as a
   * batch that asks the same thing three times wants three replies.
   */
  keys(asked: readonly (readonly unknown[])[]): string[] {
    const seen = new Map<string, number>();
    return asked.map((parts) => {
      const key = this.#sha256(JSON.stringify(parts));
      const nth = (seen.get(key) ?? 0) + 1;
      seen.set(key, nth);
      return `${key}.${nth}`;
    });
  }

  get(key: string): string | undefined {
    return this.#replies.get(key);
  }

  set(key: string, reply: string): void {
    this.#replies.set(key, reply);
  }
}
