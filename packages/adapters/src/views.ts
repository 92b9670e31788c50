/**
 * Which future and which result are views of one task.
 *
 * Decides that a task has one of each: asked again, or asked back, one gets the very object. Refuses to know what they do.
 */
import { inspect } from 'node:util';
import { Deferred, sourceOf } from '@twinpool/core/facade';
import type { Future } from '@twinpool/executor';
import type { AsyncResult } from '@twinpool/pool';

const futures = new WeakMap<AsyncResult<unknown>, Future<unknown>>();
const results = new WeakMap<Future<unknown>, AsyncResult<unknown>>();

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

/** The outcome behind a handle that has `method`, which only the wanted class has. Throws TypeError for anything else. */
export function deferredOf(what: string, expected: string, handle: unknown, method: string): Deferred<unknown> {
  if (handle instanceof Deferred && typeof Reflect.get(handle, method) === 'function') return sourceOf(handle);
  throw new TypeError(`${what}: expected ${expected}, got ${inspect(handle, { depth: 0 }).slice(0, 80)}`);
}
