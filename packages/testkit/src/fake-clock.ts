/** Time that a test moves by hand, in place of core's `systemClock`. */
import { type Clock, systemClock } from '@twinpool/core/facade';
import { onTestFinished } from 'vitest';

interface Timer {
  readonly at: number;
  /** Timers of one moment fire in the order in which they were set. */
  readonly order: number;
  readonly fn: () => void;
  keepsAlive: boolean;
  ref(): void;
  unref(): void;
}

export class FakeClock implements Clock {
  readonly #timers = new Set<Timer>();
  #now = 0;
  #order = 0;
  /** Each reads what lies in one channel. */
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

  /** Timers that are set, and of them those that would keep a program alive. */
  get pending(): number {
    return this.#timers.size;
  }
  get keepingAlive(): number {
    return [...this.#timers].filter(({ keepsAlive }) => keepsAlive).length;
  }

  /** When the next timer is due; undefined when none is set. */
  get next(): number | undefined {
    return this.#first()?.at;
  }

  /** Moves the time, and fires what becomes due, each at its own moment. */
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

/** Puts a fake clock in the place of core's `systemClock`, until the test is over. */
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
