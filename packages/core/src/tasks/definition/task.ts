/**
 * The types of what the facades' methods take as a task. Types only: task-function.ts has what becomes of a value of them.
 *
 * Each method has two overloads: one for functions, and one for every other task. The second has to step aside for functions, so that the
 * compiler reports a mistake in terms of the function's own arguments. It does so by `TaskRest`.
 */
import type { CheckedTask } from './checked-task.ts';
import type { AnyFunction, TaskReference } from './task-reference.ts';

/**
 * What can be a task: a function, a reference to one, or a checked task. The results of asynchronous functions are awaited.
 *
 * @typeParam A - The types of the task's arguments.
 * @typeParam R - The type of its result.
 */
export type Task<A extends readonly unknown[] = never[], R = unknown> =
  | ((...args: A) => R | PromiseLike<R>)
  | TaskReference<(...args: A) => R | PromiseLike<R>>
  | CheckedTask<A, R>;

type Eight = [never, never, never, never, never, never, never, never];
/** More arguments than a call has, so that an overload with them is out of the question whatever the call's arguments are. */
type Unmatchable = [...Eight, ...Eight, ...Eight, ...Eight, ...Eight, ...Eight, ...Eight, ...Eight];

/**
 * The arguments after `fn` in the overload for tasks that are not functions: `Rest`, unless `T` is a function and the `Given` arguments are
 * as many as `Rest` has. Then the overload for functions alone reports what is wrong with them.
 *
 * The compiler reports arguments of a wrong type only from overloads that have the right number of arguments, and where none has, it reports
 * the number that the last one wants. So with a wrong number this overload, the last, has to want what the function wants.
 *
 * @typeParam T - The type of the task.
 * @typeParam Rest - What follows the task in the call.
 * @typeParam Given - The arguments as they were given; inferred.
 */
export type TaskRest<T, Rest extends readonly unknown[], Given extends readonly unknown[]> = [T] extends [AnyFunction]
  ? Given['length'] extends Rest['length']
    ? Unmatchable
    : Rest
  : [Given] extends [never]
    ? Given
    : Rest;
