/**
 * `runInExecutor`: asyncio's `run_in_executor`, a task as an ordinary promise.
 *
 * Decides what the shared default is: an executor with worker threads, as asyncio's, made when it is first wanted and never shut down. Idle
 * workers keep no program alive, so nobody has to.
 */
import { inspect } from 'node:util';
import type { Task, TaskRest } from '@twinpool/core';
import { type ExecutorCalls, ThreadPoolExecutor } from '@twinpool/executor';

let shared: ThreadPoolExecutor | undefined;

/**
 * Runs `fn(...args)` in an executor, with `null` in a ThreadPoolExecutor that the whole program shares, and promises the result. Options of the call are
 * given by `executor.withOptions(…)`.
 *
 * Unlike a Future, the promise is one like any other: it cannot be cancelled, and a rejection that nobody handles is an
 * `unhandledRejection`. What `submit` would throw (ExecutorShutdownError), it rejects with; TypeError for what is no executor.
 *
 * @param executor - An executor or a view of one; `null`: the shared one.
 * @param fn - The function, or a reference to it.
 * @param args - Its arguments.
 * @returns The result.
 * @throws What the task threw; what `submit` throws; TypeError for what is not an executor (rejections).
 * @see https://docs.python.org/3/library/asyncio-eventloop.html#asyncio.loop.run_in_executor
 *
 * @example
 * ```ts
 * import { runInExecutor } from 'twinpool';
 *
 * console.log(await runInExecutor(null, (text: string) => text.toUpperCase(), 'hello')); // HELLO
 * ```
 */
export function runInExecutor<A extends readonly unknown[], R>(
  executor: ExecutorCalls | null,
  fn: (...args: A) => R,
  ...args: A
): Promise<Awaited<R>>;
export function runInExecutor<A extends readonly unknown[], R, T, Given extends readonly unknown[]>(
  executor: ExecutorCalls | null,
  fn: T & Task<A, R>,
  ...args: TaskRest<T, A, Given>
): Promise<Awaited<R>>;
export async function runInExecutor(executor: ExecutorCalls | null, fn: unknown, ...args: unknown[]): Promise<unknown> {
  if (executor !== null && typeof executor?.submit !== 'function') {
    const got = inspect(executor, { depth: 0 });
    throw new TypeError(`runInExecutor: expected an executor (asExecutor makes one of a pool), or null for the shared one, got ${got}`);
  }
  return (executor ?? sharedExecutor()).submit(fn as (...args: unknown[]) => unknown, ...args);
}

function sharedExecutor(): ThreadPoolExecutor {
  shared ??= new ThreadPoolExecutor();
  return shared;
}
