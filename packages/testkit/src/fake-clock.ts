/**
 * Provides a clock that the test advances, in place of core's `systemClock`.
 *
 * Invariant: timers fire in the order of their times, and in the order of creation at the same time. The clock does not know who sets timers.
 */
import { systemClock } from '@twinpool/core/facade';
import { onTestFinished } from 'vitest';

interface Timer {
  readonly at: number;
  /** The order of creation. */
  readonly order: number;
  readonly fn: () => void;
  keepsAlive: boolean;
  ref(): void;
  unref(): void;
}

type Clock = typeof systemClock;

export class FakeClock implements Clock {
  readonly #timers = new Set<Timer>();
  #now = 0;
  #order = 0;
  /** Functions that read the messages of one channel each. */
  readonly channels: Set<() => void> = new Set();

  now(): number {
    return this.#now;
  }

  setTimeout(fn: () => void, ms: number): Timer {
    const timer: Timer = {
      at: this.#now + Math.max(0, ms),
      order: this.#order++,
      fn,
      keepsAlive: true,
      ref() {
        timer.keepsAlive = true;
      },
      unref() {
        timer.keepsAlive = false;
      },
    };
    this.#timers.add(timer);
    return timer;
  }

  clearTimeout(timer: unknown): void {
    this.#timers.delete(timer as Timer);
  }

  afterPoll(fn: () => void): void {
    for (const read of [...this.channels]) read();
    fn();
  }

  /** The number of active timers. */
  get pending(): number {
    return this.#timers.size;
  }
  /** The number of active timers that keep a program alive. */
  get keepingAlive(): number {
    return [...this.#timers].filter(({ keepsAlive }) => keepsAlive).length;
  }

  /** The time of the next timer; `undefined` if no timer is active. */
  get next(): number | undefined {
    return this.#first()?.at;
  }

  /** Advances the time and fires each timer that becomes due, at its own time. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (let timer = this.#first(); timer !== undefined && timer.at <= end; timer = this.#first()) {
      this.#now = Math.max(this.#now, timer.at);
      this.#timers.delete(timer);
      timer.fn();
    }
    this.#now = end;
  }

  #first(): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) {
      if (first === undefined || timer.at < first.at || (timer.at === first.at && timer.order < first.order)) first = timer;
    }
    return first;
  }
}

/** Replaces core's `systemClock` with a fake clock until the end of the test. */
export function useFakeClock(): FakeClock {
  const fake = new FakeClock();
  const { now, setTimeout, clearTimeout, afterPoll } = systemClock;
  onTestFinished(() => void Object.assign(systemClock, { now, setTimeout, clearTimeout, afterPoll }));
  Object.assign(systemClock, {
    now: () => fake.now(),
    setTimeout: (fn: () => void, ms: number) => fake.setTimeout(fn, ms),
    clearTimeout: (timer: unknown) => fake.clearTimeout(timer),
    afterPoll: (fn: () => void) => fake.afterPoll(fn),
  });
  return fake;
}
