/**
 * Reads the handles that `wait` and `asCompleted` get: futures of any executor, and AsyncResults of a pool, as views of core's protocol.
 *
 * It refuses other values. It does not know the classes of handles.
 */
import { inspect } from 'node:util';
import { HANDLE, type Handle, type HandleView } from '@twinpool/core/facade';

/** The part of a pool's AsyncResult that its type is recognised by. */
export interface ResultLike extends PromiseLike<unknown> {
  /**
   * Checks whether the task has ended, with a result or an error.
   *
   * @returns `true` when the task has ended.
   */
  ready(): boolean;
  /**
   * Checks whether the task succeeded.
   *
   * @returns `true` for a result, `false` for an error.
   */
  successful(): boolean;
  /**
   * Waits for the result and returns it.
   *
   * @param timeout - Milliseconds to wait. Default: no limit.
   * @returns The result.
   */
  get(timeout?: number): Promise<unknown>;
  /**
   * Waits until the result is ready or the time is over.
   *
   * @param timeout - Milliseconds to wait. Default: no limit.
   * @returns Nothing.
   */
  wait(timeout?: number): Promise<void>;
}

/** Returns the view of each handle, once, in the order given. Throws TypeError unless `handles` is an iterable of handles. */
export function viewsOf<F>(what: string, handles: Iterable<F>): Map<F, HandleView> {
  if (typeof (handles as Iterable<F> | undefined)?.[Symbol.iterator] !== 'function') {
    throw new TypeError(`${what}: expected an iterable (not an asynchronous one) of futures, got ${show(handles)}`);
  }
  const views = new Map<F, HandleView>();
  for (const handle of handles) if (!views.has(handle)) views.set(handle, viewOf(what, handle));
  return views;
}

function viewOf(what: string, handle: unknown): HandleView {
  const isHandle = typeof handle === 'object' && handle !== null && typeof (handle as Partial<Handle>)[HANDLE] === 'function';
  if (!isHandle) throw new TypeError(`${what}: expected Futures or AsyncResults, got ${show(handle)}`);
  return (handle as Handle)[HANDLE]();
}

function show(value: unknown): string {
  return inspect(value, { depth: 0, breakLength: Number.POSITIVE_INFINITY }).slice(0, 80);
}
