/**
 * Keeps which task functions one worker knows, and which of them it has loaded.
 *
 *   unknown --add--> sent --loaded--> loaded
 *      ^---- forget ---+-----------------'
 *
 * A program that creates functions without end must not keep their sources alive in its workers: the worker forgets the oldest ones. One that is used
 * again is sent again. This file does not know messages and tasks.
 */

/** Functions that a worker keeps. More: a program that creates functions without end keeps their sources alive. Fewer: functions are sent again more often. */
const MOST_KNOWN = 1_000;
/** The number that is left after the worker has forgotten some, so that it seldom does. */
const FEW_KNOWN = 750;

export class KnownFunctions {
  /** In the order in which they were sent. */
  readonly #sent = new Set<number>();
  readonly #loaded = new Set<number>();

  get areTooMany(): boolean {
    return this.#sent.size > MOST_KNOWN;
  }

  has(id: number): boolean {
    return this.#sent.has(id);
  }

  isLoaded(id: number): boolean {
    return this.#loaded.has(id);
  }

  add(id: number): void {
    this.#sent.add(id);
  }

  /** The worker has loaded the function. Returns false if the function was not sent to it. */
  loaded(id: number): boolean {
    if (!this.#sent.has(id)) return false;
    this.#loaded.add(id);
    return true;
  }

  /** Forgets the oldest functions that are not `used`, until few are left. Returns their ids. */
  forget(used: ReadonlySet<number>): number[] {
    const forgotten: number[] = [];
    for (const id of this.#sent) {
      if (this.#sent.size <= FEW_KNOWN) break;
      if (used.has(id)) continue;
      this.#sent.delete(id);
      this.#loaded.delete(id);
      forgotten.push(id);
    }
    return forgotten;
  }
}
