/** Time that a test moves by hand, in place of core's `systemClock`. */
import type { Clock } from '@twinpool/core/facade';

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
