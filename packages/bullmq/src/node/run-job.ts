/**
 * RunJob: the calls of one run, as a job of the node's own scheduler. It keeps every outcome.
 *
 *   items --claim--> chunk --(a local worker runs it)--> settle        claim <-- giveBack
 *   open --the last call settled, or end--> over                       `ended` is called once
 *
 * It does not know the engine, nor how outcomes travel.
 */
import { type CallSettings, type Chunk, type Ending, Job, type TaskFunction } from '@twinpool/core/facade';

/** The items of a run, decoded. */
export interface RunItems {
  readonly count: number;
  /** An item is the list of a call's arguments; else it is the only argument. */
  readonly lists: boolean;
  at(index: number): unknown;
}

class RunChunk implements Chunk {
  readonly job: RunJob;
  readonly base: number;
  count: number;
  charge = 0;
  readonly #items: RunItems;

  constructor(job: RunJob, items: RunItems, base: number, count: number) {
    this.job = job;
    this.#items = items;
    this.base = base;
    this.count = count;
  }

  get spread(): boolean {
    return this.#items.lists;
  }

  at(offset: number): unknown {
    return this.#items.at(this.base + offset);
  }

  splitTail(count: number): Chunk {
    this.count -= count;
    const tail = new RunChunk(this.job, this.#items, this.base + this.count, count);
    tail.charge = this.charge;
    return tail;
  }
}

export class RunJob extends Job {
  /** Results and errors by index. */
  readonly values: unknown[];
  /** The indexes of those that are errors. */
  readonly failures: Set<number> = new Set();
  readonly #items: RunItems;
  readonly #ended: () => void;
  readonly #returned: Chunk[] = [];
  readonly #isSettled: Uint8Array;
  #next = 0;
  #unsettled: number;
  #hasStarted = false;

  constructor(fn: TaskFunction, items: RunItems, settings: CallSettings, ended: () => void) {
    super(fn, settings);
    this.#items = items;
    this.#ended = ended;
    this.#unsettled = items.count;
    this.values = new Array(items.count).fill(undefined);
    this.#isSettled = new Uint8Array(items.count);
  }

  /** A worker has had a call of it. */
  get hasStarted(): boolean {
    return this.#hasStarted;
  }
  get waiting(): number {
    if (this.isOver) return 0;
    return this.#items.count - this.#next + this.#returned.reduce((sum, { count }) => sum + count, 0);
  }

  claim(most: number): Chunk | undefined {
    if (this.isOver) return undefined;
    this.#hasStarted = true;
    const back = this.#returned.pop();
    if (back !== undefined) {
      if (back.count > most) this.#returned.push(back.splitTail(back.count - most));
      return back;
    }
    const count = Math.min(most, this.#items.count - this.#next);
    if (count === 0) return undefined;
    const chunk = new RunChunk(this, this.#items, this.#next, count);
    this.#next += count;
    return chunk;
  }

  giveBack(chunk: Chunk): void {
    if (this.isOver) return;
    this.#returned.push(chunk);
    this.owner.wake(this);
  }

  settle(index: number, ok: boolean, value: unknown): void {
    if (this.isOver || this.#isSettled[index] === 1) return;
    this.#isSettled[index] = 1;
    this.values[index] = value;
    if (!ok) this.failures.add(index);
    this.#unsettled -= 1;
    if (this.#unsettled === 0) this.#close();
    this.owner.tasksEnded(1, ok ? 'completed' : 'failed');
  }

  override settleRange(index: number, values: ArrayLike<unknown>, from: number, count: number): void {
    if (this.isOver) return;
    for (let i = 0; i < count; i++) {
      this.values[index + i] = values[from + i];
      this.#isSettled[index + i] = 1;
    }
    this.#unsettled -= count;
    if (this.#unsettled === 0) this.#close();
    this.owner.tasksEnded(count, 'completed');
  }

  end(error: unknown, how: Ending): void {
    if (this.isOver) return;
    const waiting = this.waiting;
    const open = this.#unsettled;
    for (let index = 0; index < this.#items.count; index++) {
      if (this.#isSettled[index] === 1) continue;
      this.values[index] = error;
      this.failures.add(index);
    }
    this.#close();
    this.owner.tasksEnded(open, how, open - waiting);
  }

  #close(): void {
    this.markOver();
    this.#returned.length = 0;
    this.owner.forget(this);
    this.#ended();
  }
}
