/**
 * What lies between the last task and waiting for the next one.
 *
 * Decides how much of what a task left behind runs before the worker may block. Its microtasks and nextTicks always: they need no turn of
 * the event loop. A whole turn, for what no list of active resources shows (unreferenced timers, channels), costs ten microseconds
 * of the next task's way; so there is one every TURN_EVERY ms, however much work comes, and not one a task.
 */

import { afterMicrotasks, afterTurn, nextTick, now } from '../primitives/time.ts';

/** ms. Longer: unreferenced timers of user code run later under steady work. Shorter: more tasks pay for a turn. */
const TURN_EVERY = 20;

export class SettleDown {
  readonly #then: () => void;
  #planned = false;
  #turnedAt = 0;
  readonly #afterMicrotasks = (): void => {
    nextTick(this.#finish);
  };
  readonly #afterTurn = (): void => {
    this.#turnedAt = now();
    this.#finish();
  };
  readonly #finish = (): void => {
    this.#planned = false;
    this.#then();
  };

  constructor(then: () => void) {
    this.#then = then;
  }

  begin(): void {
    if (this.#planned) return;
    this.#planned = true;
    if (now() - this.#turnedAt < TURN_EVERY) afterMicrotasks(this.#afterMicrotasks);
    else afterTurn(this.#afterTurn);
  }
}
