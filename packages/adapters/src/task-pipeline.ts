/**
 * The belt between the two ends of a stream: items are put on, each becomes a task, outcomes are taken off.
 *
 *   put --start--> running --settled--> ready --take--> the reader
 *   '------ at most `concurrency` from here to there ------'
 *
 * Decides the order of outcomes, when there is room, and what a failure means: it is delivered in its turn, nothing behind it is, so what
 * has not started behind it is cancelled and nothing more is put on. Refuses to know what kind of stream it runs in: the stream asks
 * `hasRoom`, `take`, `isOver` and `isIdle` again whenever it is told that something moved.
 */
import type { Plan, TaskHandle } from './stream-target.ts';

export interface Outcome {
  readonly ok: boolean;
  readonly value: unknown;
}

export class Belt {
  readonly #plan: Plan;
  readonly #moved: () => void;
  /** Tasks that have not ended, by the place of their item. */
  readonly #running = new Map<number, TaskHandle>();
  /** Outcomes by the place of their item; for an unordered belt by arrival. */
  readonly #ready = new Map<number, Outcome>();
  #put = 0;
  #taken = 0;
  #arrived = 0;
  /** Nothing is put on any more. */
  #hasEnded = false;
  #hasFailed = false;
  #isLeft = false;

  constructor(plan: Plan, moved: () => void) {
    this.#plan = plan;
    this.#moved = moved;
  }

  /** One more item may be put on. */
  get hasRoom(): boolean {
    return !this.#hasFailed && !this.#isLeft && this.#put - this.#taken < this.#plan.concurrency;
  }
  /** Every outcome was taken, and no more will come. */
  get isOver(): boolean {
    return this.#hasEnded && this.#taken === this.#put;
  }
  /** No task of it is open, and no more will come. */
  get isIdle(): boolean {
    return this.#hasEnded && this.#running.size === 0;
  }

  /** The first outcome to come, of those that are there, that is a failure. */
  get failure(): Outcome | undefined {
    if (!this.#hasFailed) return undefined;
    for (let turn = this.#taken; turn < this.#put; turn++) if (this.#ready.get(turn)?.ok === false) return this.#ready.get(turn);
    return undefined;
  }

  put(item: unknown): void {
    const place = this.#put++;
    let task: TaskHandle;
    try {
      task = this.#plan.start(item);
    } catch (error) {
      this.#settled(place, false, error);
      return;
    }
    this.#running.set(place, task);
    task.then(
      (value) => this.#settled(place, true, value),
      (error: unknown) => this.#settled(place, false, error),
    );
  }

  end(): void {
    this.#hasEnded = true;
    this.#moved();
  }

  /** The next outcome, if it is there. After one that failed there is none. */
  take(): Outcome | undefined {
    const outcome = this.#ready.get(this.#taken);
    if (outcome === undefined) return undefined;
    this.#ready.delete(this.#taken);
    this.#taken += 1;
    return outcome;
  }

  /** Nobody reads any more: what has not started never runs, what runs runs to its end, and nothing is delivered. */
  leave(): void {
    if (this.#isLeft) return;
    this.#isLeft = true;
    this.#ready.clear();
    for (const task of this.#running.values()) task.cancel();
    this.#running.clear();
  }

  #settled(place: number, ok: boolean, value: unknown): void {
    if (this.#isLeft) return;
    this.#running.delete(place);
    const turn = this.#plan.ordered ? place : this.#arrived++;
    this.#ready.set(turn, { ok, value });
    if (!ok) this.#fail(place);
    this.#moved();
  }

  #fail(place: number): void {
    this.#hasFailed = true;
    // A cancelled one comes back here, after this failure.
    for (const [other, task] of this.#running) if (!this.#plan.ordered || other > place) task.cancel();
  }
}
