/** Puts the pieces of a body together. */
export class GatheredBody {
  /** Null where its length is not known before its end. */
  readonly #whole: Buffer | null;
  readonly #pieces: Uint8Array[] = [];
  #used = 0;

  /** @param expected bytes; null where that is not known */
  constructor(expected: number | null) {
    this.#whole = expected === null ? null : Buffer.allocUnsafeSlow(expected);
  }

  /** Adds pieces, together at most as many bytes as were expected. */
  add(pieces: readonly Uint8Array[]): void {
    for (const piece of pieces) {
      if (this.#whole) this.#whole.set(piece, this.#used);
      else this.#pieces.push(piece);
      this.#used += piece.length;
    }
  }

  /** All of it. */
  whole(): Buffer {
    return this.#whole ? this.#whole.subarray(0, this.#used) : this.#joined();
  }

  #joined(): Buffer {
    const whole = Buffer.allocUnsafeSlow(this.#used);
    let at = 0;
    // Each piece is let go as soon as it is copied.
    for (const piece of this.#pieces.splice(0)) {
      whole.set(piece, at);
      at += piece.length;
    }
    return whole;
  }
}
