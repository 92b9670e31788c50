/**
 * BroadcastJob: one call that each worker of a runtime runs once. It has a place for each worker.
 *
 *   place:  free --claimFor(worker)--> taken --settle--> settled           a worker takes one place at most
 *             '^------- giveBack ---------'                               its worker was lost before it ran the call: another one takes the place
 *             '--endWaiting--> settled with that error
 *   job:    pending (a checked task) --its arguments fit--> open --all places are settled | end--> over
 *
 * The results are in the order of the workers' indexes. No task of it runs again after its worker was lost. It does not know lanes: the scheduler
 * decides when a worker takes its place.
 */

import type { TaskFunction } from '../tasks/task-function.ts';
import { type CallSettings, type Chunk, type Ending, Job, type JobListener, parseArguments } from './job.ts';

/** The call in one worker. It is its own chunk. */
class Place implements Chunk {
  readonly job: BroadcastJob;
  readonly base: number;
  readonly count = 1;
  charge = 0;
  workerId: number | undefined = undefined;
  workerIndex = Number.POSITIVE_INFINITY;
  isSettled = false;
  ok = false;
  value: unknown = undefined;

  constructor(job: BroadcastJob, base: number) {
    this.job = job;
    this.base = base;
  }

  get spread(): boolean {
    return this.job.spread;
  }
  at(_offset: number): unknown {
    return this.job.item;
  }
  splitTail(_count: number): Chunk {
    return this;
  }
}

export class BroadcastJob extends Job {
  readonly places: number;
  /** The only argument, or (`spread`) the array of all. */
  item: unknown;
  spread = false;
  readonly #places: Place[];
  readonly #takers = new Map<number, Place>();
  readonly #listener: JobListener;
  #isPending: boolean;
  #unsettled: number;

  constructor(fn: TaskFunction, args: readonly unknown[], places: number, settings: CallSettings, listener: JobListener) {
    super(fn, settings);
    this.places = places;
    this.#places = Array.from({ length: places }, (_, base) => new Place(this, base));
    this.#listener = listener;
    this.#unsettled = places;
    this.#isPending = fn.parseArguments !== undefined;
    this.#takeArguments(args);
    this.captureScope();
  }

  /** The places that no worker has taken. */
  get free(): number {
    return this.isOver ? 0 : this.#unsettled - this.#taken();
  }
  get waiting(): number {
    return this.#isPending ? 0 : this.free;
  }
  override get isPending(): boolean {
    return this.#isPending;
  }

  #taken(): number {
    let taken = 0;
    for (const place of this.#takers.values()) if (!place.isSettled) taken += 1;
    return taken;
  }

  override validate(): void {
    if (!this.#isPending) return;
    parseArguments(this, this.spread ? (this.item as unknown[]) : [this.item], (ok, value) => {
      if (this.isOver) return;
      if (!ok) {
        this.end(value, 'failed');
        return;
      }
      this.#takeArguments(value as unknown[]);
      this.#isPending = false;
      this.owner.wake(this);
    });
  }

  /** Whether this worker has to run it. */
  needs(workerId: number): boolean {
    return !this.isOver && !this.#takers.has(workerId) && this.free > 0;
  }

  /** The worker takes a place. */
  claimFor(workerId: number, workerIndex: number): Chunk | undefined {
    const place = this.needs(workerId) ? this.#places.find((each) => each.workerId === undefined && !each.isSettled) : undefined;
    if (place === undefined) return undefined;
    place.workerId = workerId;
    place.workerIndex = workerIndex;
    this.#takers.set(workerId, place);
    return place;
  }

  /** Its tasks are not for any worker. */
  claim(): undefined {
    return undefined;
  }

  giveBack(chunk: Chunk): void {
    if (this.isOver) return;
    const place = chunk as Place;
    if (place.isSettled) return;
    if (place.workerId !== undefined) this.#takers.delete(place.workerId);
    place.workerId = undefined;
    place.workerIndex = Number.POSITIVE_INFINITY;
    this.owner.wake(this);
  }

  settle(index: number, ok: boolean, value: unknown): void {
    const place = this.#places[index] as Place;
    if (!this.isOver && !place.isSettled) this.#settlePlace(place, ok, value, ok ? 'completed' : 'failed');
  }

  end(error: unknown, how: Ending): void {
    if (this.isOver) return;
    const unsettled = this.#unsettled;
    const inLanes = this.#taken();
    this.#finish(false, error);
    this.owner.tasksEnded(unsettled, how, inLanes);
  }

  override endWaiting(error: unknown, how: Ending): void {
    for (const place of this.#places) {
      if (!this.isOver && !place.isSettled && place.workerId === undefined) this.#settlePlace(place, false, error, how);
    }
  }

  /** A worker that was lost while it ran the call has run it. */
  override mayRerun(): boolean {
    return false;
  }

  override report(index: number, value: unknown): void {
    super.report((this.#places[index] as Place).workerIndex, value);
  }

  #settlePlace(place: Place, ok: boolean, value: unknown, how: Ending): void {
    place.isSettled = true;
    place.ok = ok;
    place.value = value;
    this.#unsettled -= 1;
    if (this.#unsettled === 0) {
      const all = [...this.#places].sort((one, other) => one.workerIndex - other.workerIndex || one.base - other.base);
      const failed = all.find((each) => !each.ok);
      if (failed === undefined)
        this.#finish(
          true,
          all.map((each) => each.value),
        );
      else this.#finish(false, failed.value);
    }
    this.owner.tasksEnded(1, how);
  }

  #finish(ok: boolean, value: unknown): void {
    this.markOver();
    this.item = undefined;
    this.owner.forget(this);
    this.#listener.jobSettled(ok, value);
  }

  #takeArguments(args: readonly unknown[]): void {
    this.spread = args.length !== 1;
    this.item = this.spread ? args : args[0];
  }
}
