/**
 * The handles that `wait` and `asCompleted` are given, whichever facade made them, as views of core's protocol.
 *
 * Decides what is refused. Refuses to know the classes.
 */
import { inspect } from 'node:util';
import { HANDLE, type Handle, type HandleView } from '@twinpool/core/facade';

/** A pool's AsyncResult, as much of it as its type says. */
export interface ResultLike extends PromiseLike<unknown> {
  /**
   * Tells whether there is a result or an error.
   *
   * @returns `true` when there is.
   */
  ready(): boolean;
  /**
   * Tells whether it is a result.
   *
   * @returns `true` for a result.
   */
  successful(): boolean;
  /**
   * The result, as soon as there is one.
   *
   * @param timeout - Milliseconds to wait. Default: none.
   * @returns The result.
   */
  get(timeout?: number): Promise<unknown>;
  /**
   * Waits until it is ready or the time is over.
   *
   * @param timeout - Milliseconds to wait. Default: none.
   * @returns Nothing.
   */
  wait(timeout?: number): Promise<void>;
}

/** The view of each handle, once, in the order given. Throws TypeError for what is no iterable of handles. */
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
