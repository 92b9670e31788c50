/**
 * Keeps the callers that wait until the fewest workers are there (`ready()`).
 *
 *   wait --they are there--> resolved
 *     '--its time is over, no worker can be started, or its facade ends--> rejected
 *
 * The supervisor knows when the workers are there, and notifies each ReadyWaiters that has callers. While a caller waits, the program stays alive. It does
 * not know workers.
 */
import { Alarm, type Clock } from '../primitives/clock.ts';

/** What starts the workers. */
export interface ReadySource {
  /** The fewest workers are there. */
  readonly isReady: boolean;
  /** These callers wait from now on: workers that are missing are started. */
  watch(waiters: ReadyWaiters): void;
  unwatch(waiters: ReadyWaiters): void;
}

export interface ReadyOwner {
  readonly clock: Clock;
  /** A caller begins to wait (1), or ends (-1). */
  keepAlive(by: 1 | -1): void;
  /** The owner's error when no worker can be started. */
  brokenError(cause: unknown): unknown;
}

interface Waiter {
  readonly alarm: Alarm;
  resolve(): void;
  reject(error: unknown): void;
}

export class ReadyWaiters {
  readonly #source: ReadySource;
  readonly #owner: ReadyOwner;
  readonly #waiters = new Set<Waiter>();

  constructor(source: ReadySource, owner: ReadyOwner) {
    this.#source = source;
    this.#owner = owner;
  }

  /** Rejects with `lateError()` after `timeout` ms; at once if that is 0 or less and the workers are not there. */
  wait(timeout: number, lateError: () => unknown): Promise<void> {
    if (this.#source.isReady) return Promise.resolve();
    if (timeout <= 0) return Promise.reject(lateError());
    return new Promise((resolve, reject) => {
      const late = () => {
        this.#remove(waiter);
        reject(lateError());
      };
      // A program that is blocked starts no worker.
      const alarm = new Alarm(this.#owner.clock, late, { standsStill: true });
      const waiter: Waiter = { alarm, resolve, reject };
      alarm.set(timeout);
      this.#waiters.add(waiter);
      this.#owner.keepAlive(1);
      if (this.#waiters.size === 1) this.#source.watch(this);
    });
  }

  /** The workers are there. */
  ready(): void {
    for (const waiter of this.#takeAll()) waiter.resolve();
  }

  /** No worker can be started. */
  failed(cause: unknown): void {
    this.end(() => this.#owner.brokenError(cause));
  }

  end(error: () => unknown): void {
    for (const waiter of this.#takeAll()) waiter.reject(error());
  }

  #takeAll(): Waiter[] {
    const all = [...this.#waiters];
    for (const waiter of all) this.#remove(waiter);
    return all;
  }

  #remove(waiter: Waiter): void {
    if (!this.#waiters.delete(waiter)) return;
    waiter.alarm.stop();
    this.#owner.keepAlive(-1);
    if (this.#waiters.size === 0) this.#source.unwatch(this);
  }
}
