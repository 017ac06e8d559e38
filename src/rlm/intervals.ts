/** Whole numbers from one to another, both included. */
export type Interval = readonly [from: number, to: number];

/** A set of whole numbers, kept as intervals in ascending order that neither touch nor overlap. */
export class Intervals {
  #list: Interval[] = [];

  get list(): readonly Interval[] {
    return this.#list;
  }

  /** How many numbers it holds. */
  get size(): number {
    return this.#list.reduce((sum, [from, to]) => sum + to - from + 1, 0);
  }

  add(from: number, to: number): void {
    const first = this.#list.findIndex((known) => known[1] >= from - 1);
    if (first < 0) {
      this.#list.push([from, to]);
      return;
    }
    let after = first;
    let [low, high] = [from, to];
    for (let known = this.#list[after]; known && known[0] <= to + 1; known = this.#list[after]) {
      low = Math.min(low, known[0]);
      high = Math.max(high, known[1]);
      after += 1;
    }
    this.#list.splice(first, after - first, [low, high]);
  }

  /** True where all numbers from one to another are in it. */
  covers(from: number, to: number): boolean {
    return this.#list.some((known) => known[0] <= from && to <= known[1]);
  }
}
