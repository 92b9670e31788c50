/**
 * The time core uses, in one replaceable place, and the rule by which a time limit is judged.
 *
 * All times are milliseconds of a monotonic clock, never the time of day, so that a changed wall clock moves no limit. Node fires a timer of more
 * than 2^31-1 ms after 1 ms; `Alarm` re-arms itself instead.
 *
 * Node runs timers before it reads what has arrived, and a program that was blocked (by its own work, a breakpoint, SIGSTOP) finds its timers due
 * and its results unread at once. So an alarm never rings in its timer: first all channels are read, and an alarm that was cleared by what they
 * held does not ring.
 *
 *   set --timer--> due --afterPoll--> rings          set, due --clear, stop--> not set          set, due --set--> set
 *
 * It does not know what is limited, and of workers only whether something of theirs is on its way (poll.ts).
 */
import { afterPoll } from './poll.ts';
import { clearTimer, now, setTimer } from './time.ts';

/** The longest delay Node's timers take; a longer one fires at once. */
const LONGEST_DELAY = 2 ** 31 - 1;
/** An alarm that stands still while the program is blocked looks so many times whether it was, but not more often than every so many ms. */
const LOOKS = 8;
const LOOK_EVERY = 20;
/** A timer that is later than this, ms, fired late because the program was blocked. */
const BLOCKED = 20;

export interface Clock {
  now(): number;
  setTimeout(fn: () => void, ms: number): { ref?(): unknown; unref?(): unknown };
  clearTimeout(timer: unknown): void;
  /** Calls `fn` when all that lies in the channels of workers now has been read. */
  afterPoll(fn: () => void): void;
}

export const systemClock: Clock = {
  now,
  setTimeout: (fn, ms) => setTimer(fn, Math.min(ms, LONGEST_DELAY)),
  clearTimeout: (timer) => clearTimer(timer as NodeJS.Timeout),
  afterPoll,
};

export interface AlarmOptions {
  /** The program does not end before it has rung. */
  readonly keepsAlive?: boolean;
  /**
   * Time in which the program was blocked does not count: for limits of what needs the program to go on, as the start of a worker does.
   */
  readonly standsStill?: boolean;
}

/**
 * One deadline that can be moved. Setting it again before it fires costs a comparison, not a timer: the timer that runs
 * is only replaced when it would fire too late, and when it fires early it sleeps on.
 */
export class Alarm {
  readonly #clock: Clock;
  readonly #fire: () => void;
  readonly #keepsAlive: boolean;
  readonly #standsStill: boolean;
  #timer: unknown;
  #timerAt = 0;
  /** When to fire; Infinity: not set. */
  #due = Number.POSITIVE_INFINITY;
  /** Longest delay of the next timer. */
  #step = LONGEST_DELAY;

  constructor(clock: Clock, fire: () => void, { keepsAlive = false, standsStill = false }: AlarmOptions = {}) {
    this.#clock = clock;
    this.#fire = fire;
    this.#keepsAlive = keepsAlive;
    this.#standsStill = standsStill;
  }

  get isSet(): boolean {
    return this.#due !== Number.POSITIVE_INFINITY;
  }

  set(ms: number): void {
    const now = this.#clock.now();
    this.#due = now + Math.max(0, ms);
    if (this.#due === Number.POSITIVE_INFINITY) return;
    if (this.#standsStill) this.#step = Math.min(Math.max(ms / LOOKS, LOOK_EVERY), LONGEST_DELAY);
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
    const delay = Math.min(Math.max(0, this.#due - now), this.#step);
    this.#timerAt = now + delay;
    const timer = this.#clock.setTimeout(() => this.#timeIsUp(), Math.ceil(delay));
    if (!this.#keepsAlive) timer.unref?.();
    this.#timer = timer;
  }

  #timeIsUp(): void {
    this.#timer = undefined;
    if (this.#due === Number.POSITIVE_INFINITY) return;
    const now = this.#clock.now();
    const late = now - this.#timerAt;
    if (this.#standsStill && late > BLOCKED) this.#due += late;
    if (now < this.#due) {
      this.#arm(now);
      return;
    }
    const due = this.#due;
    this.#clock.afterPoll(() => {
      // Cleared, or set anew, by what was read.
      if (this.#due !== due) return;
      this.#due = Number.POSITIVE_INFINITY;
      this.#fire();
    });
  }
}
