/** What can be given where a task is wanted. Decides the type only; task-function.ts decides what becomes of a value of it. */
import type { CheckedTask } from './checked.ts';
import type { TaskReference } from './reference.ts';

/** A function, a reference to one, or a checked task. The results of asynchronous functions are awaited. */
export type Task<A extends readonly unknown[] = never[], R = unknown> =
  | ((...args: A) => R | PromiseLike<R>)
  | TaskReference<(...args: A) => R | PromiseLike<R>>
  | CheckedTask<A, R>;
