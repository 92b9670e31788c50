/**
 * Remembers which Future and which AsyncResult are handles of one task.
 *
 * Invariant: a task has at most one handle of each kind, so `toFuture` and `toAsyncResult` return the same object for the same handle, also on the way
 * back. The maps are weak: a pair does not keep its handles alive. This file does not know what handles do.
 */
import { inspect } from 'node:util';
import { Deferred, sourceOf } from '@twinpool/core/facade';
import type { Future } from '@twinpool/executor';
import type { AsyncResult } from '@twinpool/pool';

const futures = new WeakMap<AsyncResult<unknown>, Future<unknown>>();
const results = new WeakMap<Future<unknown>, AsyncResult<unknown>>();

/** The two are handles of one task from now on. */
export function pair(future: Future<unknown>, result: AsyncResult<unknown>): void {
  futures.set(result, future);
  results.set(future, result);
}

export function futureOf<R>(result: AsyncResult<R>): Future<R> | undefined {
  return futures.get(result) as Future<R> | undefined;
}

export function resultOf<R>(future: Future<R>): AsyncResult<R> | undefined {
  return results.get(future) as AsyncResult<R> | undefined;
}

/**
 * Returns the Deferred that has the outcome of `handle`. Throws TypeError unless the handle has `method`, which only the expected class has. `what`: the
 * called function, for the message.
 */
export function deferredOf(what: string, expected: string, handle: unknown, method: string): Deferred<unknown> {
  if (handle instanceof Deferred && typeof Reflect.get(handle, method) === 'function') return sourceOf(handle);
  throw new TypeError(`${what}: expected ${expected}, got ${inspect(handle, { depth: 0 }).slice(0, 80)}`);
}
