/**
 * `runInExecutor`: asyncio's `run_in_executor`. It returns an ordinary promise of a task's result.
 *
 * The shared default is an executor with worker threads, as in asyncio. It is made when it is first used and is never shut down: idle workers do not keep
 * the program alive.
 */
import { inspect } from 'node:util';
import type { Task, TaskRest } from '@twinpool/core';
import { type ExecutorCalls, ThreadPoolExecutor } from '@twinpool/executor';

let shared: ThreadPoolExecutor | undefined;

/**
 * Runs `fn(...args)` in an executor and returns a promise of the result. Give options of the call with `executor.withOptions(…)`.
 *
 * Unlike a Future, the promise is an ordinary one: it cannot be cancelled, and a rejection without a handler is an `unhandledRejection`. It also rejects
 * with the errors that `submit` throws.
 *
 * Price: that of `submit`, about 2 µs per task while many wait. Not for shorter functions.
 *
 * @param executor - An executor or a view of one. `null`: a ThreadPoolExecutor that the whole program shares.
 * @param fn - The function, or a reference to it.
 * @param args - Its arguments.
 * @returns The result.
 * @throws The task's error (rejection).
 * @throws ExecutorShutdownError or BrokenExecutorError (rejection), as `submit`; TypeError (rejection) for a value that is not an executor.
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
