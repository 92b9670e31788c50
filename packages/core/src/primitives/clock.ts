/**
 * The clock of core, which tests replace, and `Alarm`: a time limit that is not judged before all arrived messages are read.
 *
 *   set --timer--> due --afterPoll--> rings          set, due --clear, stop--> not set          set, due --set--> set
 *
 * All times are milliseconds of a monotonic clock, not the time of day: a change of the wall clock moves no limit. Node fires a timer of more than
 * 2^31-1 ms after 1 ms; an alarm arms a further timer instead.
 *
 * Node runs timers before it reads messages. A program that was blocked (by its own work, a breakpoint, SIGSTOP) has due timers and unread results
 * at the same time. An alarm therefore never rings in its timer: all channels are read first, and an alarm that a message clears does not ring.
 *
 * It does not know the limited work. Of workers it knows only whether more of a message must come (poll.ts).
 */
import { afterPoll } from './poll.ts';
import { clearTimer, now, setTimer } from './time.ts';

/** The longest delay of a timer in Node; a timer with a longer one fires at once. */
const LONGEST_DELAY = 2 ** 31 - 1;
/**
 * An alarm that does not count blocked time divides its limit among this number of timers, to notice when the program is blocked. Each timer takes
 * at least LOOK_EVERY ms.
 */
const LOOKS = 8;
const LOOK_EVERY = 20;
/** A timer that fires later than this, in ms, fired late because the program was blocked. */
const BLOCKED = 20;

export interface Clock {
  now(): number;
  setTimeout(fn: () => void, ms: number): { ref?(): unknown; unref?(): unknown };
  clearTimeout(timer: unknown): void;
  /** Calls `fn` when all messages that lie in the channels of workers now have been read. */
  afterPoll(fn: () => void): void;
}

export const systemClock: Clock = {
  now,
  setTimeout: (fn, ms) => setTimer(fn, Math.min(ms, LONGEST_DELAY)),
  clearTimeout: (timer) => clearTimer(timer as NodeJS.Timeout),
  afterPoll,
};

export interface AlarmOptions {
  /** The program does not end while the alarm is set. */
  readonly keepsAlive?: boolean;
  /** Time in which the program was blocked does not count. For limits of work that needs the program, such as the start of a worker. */
  readonly standsStill?: boolean;
}

/**
 * One deadline that can be moved. To set it again before it rings costs a comparison, not a timer: the running timer is replaced only if it
 * would fire too late, and if it fires too early the alarm arms the next one.
 */
export class Alarm {
  readonly #clock: Clock;
  readonly #fire: () => void;
  readonly #keepsAlive: boolean;
  readonly #standsStill: boolean;
  #timer: unknown;
  #timerAt = 0;
  /** When the alarm rings; Infinity while it is not set. */
  #due = Number.POSITIVE_INFINITY;
  /** The longest delay of the next timer. */
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

  /** Clears the deadline. A timer that still runs does nothing. */
  clear(): void {
    this.#due = Number.POSITIVE_INFINITY;
  }

  /** Clears the deadline and the timer. */
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
      // A message that was read cleared the alarm, or set it again.
      if (this.#due !== due) return;
      this.#due = Number.POSITIVE_INFINITY;
      this.#fire();
    });
  }
}
