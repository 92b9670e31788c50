/**
 * The time core uses, in one replaceable place.
 *
 * Decides what "now" and "later" mean. All times are milliseconds of a monotonic clock (`performance.now()`), never the time of day, so that a
 * changed wall clock moves no limit. Node fires a timer of more than 2^31-1 ms after 1 ms; `Alarm` re-arms itself instead.
 */

/** The longest delay Node's timers take; a longer one fires at once. */
const LONGEST_DELAY = 2 ** 31 - 1;

export interface Clock {
  now(): number;
  setTimeout(fn: () => void, ms: number): { ref?(): unknown; unref?(): unknown };
  clearTimeout(timer: unknown): void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  setTimeout: (fn, ms) => setTimeout(fn, Math.min(ms, LONGEST_DELAY)),
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout),
};

/**
 * One deadline that can be moved. Setting it again before it fires costs a comparison, not a timer: the timer that runs
 * is only replaced when it would fire too late, and when it fires early it sleeps on.
 */
export class Alarm {
  readonly #clock: Clock;
  readonly #fire: () => void;
  readonly #keepsAlive: boolean;
  #timer: unknown;
  #timerAt = 0;
  /** When to fire; Infinity: not set. */
  #due = Number.POSITIVE_INFINITY;

  constructor(clock: Clock, fire: () => void, keepsAlive = false) {
    this.#clock = clock;
    this.#fire = fire;
    this.#keepsAlive = keepsAlive;
  }

  get isSet(): boolean {
    return this.#due !== Number.POSITIVE_INFINITY;
  }

  set(ms: number): void {
    const now = this.#clock.now();
    this.#due = now + Math.max(0, ms);
    if (this.#due === Number.POSITIVE_INFINITY) return;
    if (this.#timer !== undefined) {
      if (this.#timerAt <= this.#due) return;
      this.#clock.clearTimeout(this.#timer);
    }
    this.#arm(now);
  }

  /** Forgets the deadline; the timer that may still run does nothing. */
  clear(): void {
    this.#due = Number.POSITIVE_INFINITY;
  }

  /** Forgets the deadline and frees the timer. */
  stop(): void {
    this.#due = Number.POSITIVE_INFINITY;
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #arm(now: number): void {
    const delay = Math.min(Math.max(0, this.#due - now), LONGEST_DELAY);
    this.#timerAt = now + delay;
    const timer = this.#clock.setTimeout(() => this.#ring(), Math.ceil(delay));
    if (!this.#keepsAlive) timer.unref?.();
    this.#timer = timer;
  }

  #ring(): void {
    this.#timer = undefined;
    if (this.#due === Number.POSITIVE_INFINITY) return;
    const now = this.#clock.now();
    if (now < this.#due) {
      this.#arm(now);
      return;
    }
    this.#due = Number.POSITIVE_INFINITY;
    this.#fire();
  }
}
