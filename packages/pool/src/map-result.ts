/**
 * MapResult: the handle of `mapAsync` and `starmapAsync`, an AsyncResult that also has the outcome of every item.
 *
 * The list of outcomes is made when `settled` is called. Until then the job keeps its results and failures. This file does not know how a map
 * keeps them (map-call.ts).
 */
import { type AsyncResult, PoolResult } from './async-result.ts';
import type { MapCall } from './map-call.ts';

/**
 * What `mapAsync` and `starmapAsync` return, as Python's `MapResult`.
 *
 * @typeParam R - The type of one result.
 * @typeParam L - The type of all results together: a list, or the typed array of the option `into`.
 */
export interface MapResult<R, L = R[]> extends AsyncResult<L> {
  /**
   * Returns the outcome of every item, in input order, when the map has ended.
   *
   * It never rejects because of a task. If the map was terminated, aborted or cancelled, an item without an outcome of its own is rejected with that
   * error. With `into` the values are read from the typed array when you call it.
   *
   * @returns The outcomes.
   * @throws The error of the map (rejection), only if an asynchronous input failed or was cut off: then there is no list.
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

/** The class behind MapResult. `startMap` gives it its map. */
export class PoolMapResult<R> extends PoolResult<R[]> implements MapResult<R> {
  #map: MapCall | undefined;
  /** The error that the map ended with, before callbacks. */
  #ending: unknown;

  /** Submits `map`, which settles this handle, maybe at once. */
  startMap(map: MapCall): this {
    this.#map = map;
    this.begin(map);
    map.submit();
    this.begun();
    return this;
  }

  override jobSettled(ok: boolean, value: unknown): void {
    // The error of the map itself: a callback may replace it.
    if (!ok) this.#ending = value;
    super.jobSettled(ok, value);
  }

  async settled(): Promise<PromiseSettledResult<R>[]> {
    await this.exception();
    return (this.#map as MapCall).outcomes(this.#ending) as PromiseSettledResult<R>[];
  }
}
