/**
 * Lets the leftovers of a task run before the worker blocks.
 *
 * Microtasks and `nextTick` callbacks always run: they need no turn of the event loop. A whole turn serves what the list of active resources does not
 * show (unreferenced timers, channels). It delays the next task by about 10 µs, so it happens once every TURN_EVERY ms and not once per task.
 */

import { afterMicrotasks, afterTurn, nextTick, now } from '../primitives/time.ts';

/** ms. Longer: unreferenced timers of user code run later under steady work. Shorter: more tasks pay for a turn. */
const TURN_EVERY = 20;

export class Quiesce {
  readonly #then: () => void;
  #planned = false;
  #isNear = false;
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
    this.#isNear = false;
    this.#then();
  };

  constructor(then: () => void) {
    this.#then = then;
  }

  /** The worker waits next, before the event loop turns. */
  get isNear(): boolean {
    return this.#isNear;
  }

  begin(): void {
    if (this.#planned) return;
    this.#planned = true;
    this.#isNear = now() - this.#turnedAt < TURN_EVERY;
    if (this.#isNear) afterMicrotasks(this.#afterMicrotasks);
    else afterTurn(this.#afterTurn);
  }
}
