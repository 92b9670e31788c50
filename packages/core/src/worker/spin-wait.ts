/**
 * Tells an idle worker whether to poll for its next message for a moment before it sleeps.
 *
 * Waking a thread takes longer than a short task, and a caller that waits for one result often has the next task at once. Polling happens after short
 * tasks only, less often after each poll that found nothing, and never where one CPU is all that the program may use: polling would stop the program
 * itself. This file does not know how a worker polls.
 */
import { now } from '../primitives/time.ts';
import { cpusToPoll } from '../resources/cpu-count.ts';

/** ms. The longest poll. Longer: fewer sleeps between two tasks. Shorter: less wasted processor time. */
const LONGEST_LOOK = 0.1;
/** ms. After a busy time of this length a wake-up is a small cost, and the program needs the processor to send the next task. */
const LONG = 1;
/** After this many unsuccessful polls in a row, the worker polls at every 64th pause only. */
const MOST_IN_VAIN = 6;
const CAN_LOOK = cpusToPoll() > 1;

export class SpinWait {
  #inVain = 0;
  #skips = 0;
  #end = 0;

  /** Whether to poll now, after `busyFor` ms of work. If true: poll until `isOver`, then call `ended`. */
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

  /** The poll has ended. `found`: a message arrived. */
  ended(found: boolean): void {
    this.#inVain = found ? 0 : Math.min(this.#inVain + 1, MOST_IN_VAIN);
    this.#skips = found ? 0 : 2 ** this.#inVain - 1;
  }
}
