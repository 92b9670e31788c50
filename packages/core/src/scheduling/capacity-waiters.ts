/**
 * Keeps the callers that wait until few enough tasks of a client wait (`waitForCapacity`).
 *
 *   wait --fewer than `limit` tasks wait, and no caller came before--> served: its place is kept --submit--> used
 *     '--the client ends--> rejected                                    '--end of the turn--> given to the next
 *
 * Invariants: callers are served in the order in which they came, and each served caller keeps one place until the end of the turn in which it goes on,
 * so that one free place does not wake many callers. It does not know tasks.
 */
import { afterTurn } from '../primitives/time.ts';

/** What the waiters need of their client. */
export interface CapacitySource {
  /** The tasks that wait. */
  waiting(): number;
  /** Tasks that a worker would take at once. They are asked for only if no task may wait. */
  freeSlots(): number;
  /** A caller begins to wait (1), or ends (-1). */
  keepAlive(by: 1 | -1): void;
}

interface Waiter {
  /** One task more may come if fewer than this wait. */
  readonly limit: number;
  resolve(): void;
  reject(error: unknown): void;
}

export class CapacityWaiters {
  readonly #source: CapacitySource;
  readonly #waiters: Waiter[] = [];
  /** Places of callers that were served and have not used them. */
  #kept = 0;
  #isEndOfTurnPlanned = false;

  constructor(source: CapacitySource) {
    this.#source = source;
  }

  wait(limit: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#source.keepAlive(1);
      this.#waiters.push({ limit, resolve, reject });
      this.look();
    });
  }

  /** Fewer tasks may wait than before. */
  look(): void {
    for (let first = this.#waiters[0]; first !== undefined && this.#hasPlace(first.limit); first = this.#waiters[0]) {
      this.#waiters.shift();
      this.#kept += 1;
      this.#source.keepAlive(-1);
      first.resolve();
      this.#planEndOfTurn();
    }
  }

  /** `count` tasks came: they use the places that were kept. */
  submitted(count: number): void {
    this.#kept = Math.max(0, this.#kept - count);
  }

  /** No caller will be served any more. */
  end(error: () => unknown): void {
    for (const { reject } of this.#waiters.splice(0)) {
      this.#source.keepAlive(-1);
      reject(error());
    }
  }

  #hasPlace(limit: number): boolean {
    const taken = this.#source.waiting() + this.#kept;
    return limit === 0 ? taken < this.#source.freeSlots() : taken < limit;
  }

  #planEndOfTurn(): void {
    if (this.#isEndOfTurnPlanned) return;
    this.#isEndOfTurnPlanned = true;
    afterTurn(() => {
      this.#isEndOfTurnPlanned = false;
      this.#kept = 0;
      this.look();
    });
  }
}
