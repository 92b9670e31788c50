/**
 * The types of a task in the methods of the facades.
 *
 * Each method has two overloads: one for functions, and one for every other task. The second overload must not match a function, so that the
 * compiler reports a mistake in terms of the function's own arguments. `TaskRest` makes it not match.
 * This file has types only; task-function.ts has the values.
 */
import type { CheckedTask } from './checked-task.ts';
import type { AnyFunction, TaskReference } from './task-reference.ts';

/**
 * A task: a function, a reference to one, or a checked task. The results of asynchronous functions are awaited.
 *
 * @typeParam A - The types of the task's arguments.
 * @typeParam R - The type of its result.
 */
export type Task<A extends readonly unknown[] = never[], R = unknown> =
  | ((...args: A) => R | PromiseLike<R>)
  | TaskReference<(...args: A) => R | PromiseLike<R>>
  | CheckedTask<A, R>;

type Eight = [never, never, never, never, never, never, never, never];
/** More arguments than any call has: an overload with them never matches. */
type Unmatchable = [...Eight, ...Eight, ...Eight, ...Eight, ...Eight, ...Eight, ...Eight, ...Eight];

/**
 * The arguments after `fn` in the overload for tasks that are not functions: `Rest`, unless `T` is a function and `Given` has as many arguments as
 * `Rest`. In that case the overload for functions alone reports the mistake.
 *
 * The compiler reports arguments of a wrong type only from overloads with the right number of arguments. If no overload has the right number, the
 * compiler reports the number of the last overload. So this overload, the last one, must have the number of the function if the number is wrong.
 *
 * @typeParam T - The type of the task.
 * @typeParam Rest - The arguments after the task in the call.
 * @typeParam Given - The arguments of the call; inferred.
 */
export type TaskRest<T, Rest extends readonly unknown[], Given extends readonly unknown[]> = [T] extends [AnyFunction]
  ? Given['length'] extends Rest['length']
    ? Unmatchable
    : Rest
  : [Given] extends [never]
    ? Given
    : Rest;
