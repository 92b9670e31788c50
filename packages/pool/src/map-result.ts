/**
 * MapResult: the handle of `mapAsync` and `starmapAsync`, an AsyncResult that also knows how every item ended.
 *
 * Decides what an item without an outcome of its own is said to have ended with. The list is made when it is asked for: until then the
 * job keeps its results, as it must anyway, and its failures.
 */
import type { DeferredJob } from '@twinpool/core/facade';
import { type AsyncResult, PoolResult } from './async-result.ts';

/** What `mapAsync` and `starmapAsync` return, as Python's `MapResult`. */
export interface MapResult<R> extends AsyncResult<R[]> {
  /**
   * How every item ended, in input order, once the map has ended; never rejects because of a task. An item that has no outcome of its own,
   * since the map was terminated, aborted or cancelled, is rejected with the error of that. Only an asynchronous input that failed, or was
   * cut off, leaves no list: then it rejects as the map does.
   *
   * @returns The outcomes.
   *
   * @example
   * ```ts
   * import { ThreadPool } from 'twinpool';
   *
   * await using pool = new ThreadPool(1);
   * const result = pool.mapAsync((text: string) => JSON.parse(text) as number, ['1', '}', '3']);
   * for (const { status } of await result.settled()) console.log(status); // fulfilled, rejected, fulfilled
   * ```
   */
  settled(): Promise<PromiseSettledResult<R>[]>;
}

/** A map that keeps how its items ended. */
export interface Outcomes extends DeferredJob {
  /** `ending`: what the whole ended with, if it failed. */
  outcomes(ending: unknown): PromiseSettledResult<unknown>[];
}

export class PoolMapResult<R> extends PoolResult<R[]> implements MapResult<R> {
  #map: Outcomes | undefined;
  #ending: unknown;

  /** As `start`. */
  follow(map: Outcomes, submit: () => void): this {
    this.#map = map;
    return this.start(map, submit);
  }

  override jobSettled(ok: boolean, value: unknown): void {
    // Not what a callback may make of it.
    if (!ok) this.#ending = value;
    super.jobSettled(ok, value);
  }

  async settled(): Promise<PromiseSettledResult<R>[]> {
    await this.exception();
    return (this.#map as Outcomes).outcomes(this.#ending) as PromiseSettledResult<R>[];
  }
}
