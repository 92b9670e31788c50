/**
 * TaskPipeline: the tasks between the two ends of a stream. It submits a task per item, and keeps the outcomes until the stream takes them.
 *
 *   put --submit--> running --settled--> ready --take--> the reader
 *   '------ at most `concurrency` from here to there ------'
 *
 *   open --end--> ended --last outcome taken--> over          open, ended --leave--> left: no outcome is delivered any more
 *
 * Invariants: outcomes are taken in the order of their items or, unordered, of their arrival. A failure is delivered in its turn and is the last outcome:
 * tasks behind it that have not started are cancelled, and no item has room any more. It does not know the kind of the stream, which reads `hasRoom`,
 * `isOver` and `isIdle` again after each call of `onChange`.
 */
import type { PipelineOptions, TaskHandle } from './stream-target.ts';

/** How one task ended. */
export interface Outcome {
  readonly ok: boolean;
  readonly value: unknown;
}

export class TaskPipeline {
  readonly #options: PipelineOptions;
  readonly #onChange: () => void;
  /** Tasks that have not ended, by the index of their item. */
  readonly #running = new Map<number, TaskHandle>();
  /** Outcomes by the index of their item or, unordered, by the order of their arrival. */
  readonly #ready = new Map<number, Outcome>();
  #put = 0;
  #taken = 0;
  #arrived = 0;
  /** `put` is not called any more. */
  #hasEnded = false;
  #hasFailed = false;
  #isLeft = false;

  constructor(options: PipelineOptions, onChange: () => void) {
    this.#options = options;
    this.#onChange = onChange;
  }

  /** `put` may be called with one more item. */
  get hasRoom(): boolean {
    return !this.#hasFailed && !this.#isLeft && this.#put - this.#taken < this.#options.concurrency;
  }
  /** Every outcome was taken, and no further one comes. */
  get isOver(): boolean {
    return this.#hasEnded && this.#taken === this.#put;
  }
  /** No task runs or waits, and no further one comes. */
  get isIdle(): boolean {
    return this.#hasEnded && this.#running.size === 0;
  }

  /** The failure that `take` returns first, of those that have arrived. */
  get failure(): Outcome | undefined {
    if (!this.#hasFailed) return undefined;
    for (let turn = this.#taken; turn < this.#put; turn++) if (this.#ready.get(turn)?.ok === false) return this.#ready.get(turn);
    return undefined;
  }

  /** Submits the task of `item`. */
  put(item: unknown): void {
    const index = this.#put++;
    let task: TaskHandle;
    try {
      task = this.#options.submit(item);
    } catch (error) {
      this.#settled(index, false, error);
      return;
    }
    this.#running.set(index, task);
    task.then(
      (value) => this.#settled(index, true, value),
      (error: unknown) => this.#settled(index, false, error),
    );
  }

  /** No further item comes. */
  end(): void {
    this.#hasEnded = true;
    this.#onChange();
  }

  /** Takes the next outcome; undefined while it has not come. */
  take(): Outcome | undefined {
    const outcome = this.#ready.get(this.#taken);
    if (outcome === undefined) return undefined;
    this.#ready.delete(this.#taken);
    this.#taken += 1;
    return outcome;
  }

  /** The reader left: tasks that have not started are cancelled, running ones go on, and no outcome is delivered. */
  leave(): void {
    if (this.#isLeft) return;
    this.#isLeft = true;
    this.#ready.clear();
    for (const task of this.#running.values()) task.cancel();
    this.#running.clear();
  }

  #settled(index: number, ok: boolean, value: unknown): void {
    if (this.#isLeft) return;
    this.#running.delete(index);
    const turn = this.#options.ordered ? index : this.#arrived++;
    this.#ready.set(turn, { ok, value });
    if (!ok) this.#fail(index);
    this.#onChange();
  }

  #fail(index: number): void {
    this.#hasFailed = true;
    // A cancelled task settles too: that calls this method again, after this failure.
    for (const [other, task] of this.#running) if (!this.#options.ordered || other > index) task.cancel();
  }
}
