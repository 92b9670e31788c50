/**
 * Whether a worker that has nothing to do looks for its next message for a moment before it sleeps: waking takes longer than a short task, and who
 * waits for one result often has the next task at once.
 *
 * Decides when looking is worth it: after short tasks only, ever more rarely when it was in vain, and not at all where it would keep the program
 * itself from running.
 * Refuses to know how one looks.
 */
import { availableParallelism } from 'node:os';
import { now } from '../primitives/time.ts';

/** Longest look, ms. Longer: more pauses between two tasks are bridged. Shorter: less time of a processor is spent on nothing. */
const LONGEST_LOOK = 0.1;
/** A worker that was busy for this, ms, has run what makes a wake-up small; and its processor is wanted by the program, which now gives the next task. */
const LONG = 1;
/** After so many looks in vain in a row it looks at every 64th pause only. */
const MOST_IN_VAIN = 6;
const CAN_LOOK = availableParallelism() > 1;

export class Watch {
  #inVain = 0;
  #skips = 0;
  #end = 0;

  /** Whether to look at this pause, after the worker was busy for so many ms: then until `isOver`, and `ended` is to be told. */
  begin(busyFor: number): boolean {
    if (!CAN_LOOK || busyFor >= LONG) return false;
    if (this.#skips > 0) {
      this.#skips -= 1;
      return false;
    }
    this.#end = now() + LONGEST_LOOK;
    return true;
  }

  get isOver(): boolean {
    return now() >= this.#end;
  }

  /** `found`: a message came. */
  ended(found: boolean): void {
    this.#inVain = found ? 0 : Math.min(this.#inVain + 1, MOST_IN_VAIN);
    this.#skips = found ? 0 : 2 ** this.#inVain - 1;
  }
}
