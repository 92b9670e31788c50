/**
 * Checked tasks: a function with a schema for its arguments and one for its result.
 *
 * Decides when what is validated: arguments before they leave the caller, the result before it leaves the worker, both when
 * the task is called directly. Refuses to know zod (any Standard Schema will do) and how the task travels.
 */
import { TaskValidationError } from '../../errors.ts';
import { isStandardSchema, type SchemaInput, type SchemaOutput, type StandardSchema, validate } from './standard-schema.ts';

/** Registered: a worker may load this package from another place than the task's module does. */
export const CHECKED: unique symbol = Symbol.for('twinpool.checked');

/** Schema of the arguments: a tuple or an array. */
export type ArgumentsSchema = StandardSchema<readonly unknown[], readonly unknown[]>;

/** What a checked task is made of. */
export interface CheckedParts {
  readonly handler: (...args: unknown[]) => unknown;
  readonly input: StandardSchema;
  readonly output: StandardSchema | undefined;
  /** Path or URL of the file that called `defineTask`, where the runtime tells. */
  readonly file: string | undefined;
}

/** A function whose arguments and result are validated; made by `defineTask`. Callers pass the schema's input. */
export interface CheckedTask<Args extends readonly unknown[], R> {
  /** Validates the arguments, calls the function here, and validates its result. */
  (...args: Args): Promise<R>;
  readonly [CHECKED]: CheckedParts;
}

/**
 * Makes a task that validates: `input` (a tuple or array schema) what it is called with, `output`, if given, what it returns.
 * Any Standard Schema will do. The function gets what was parsed: defaults are filled in, transforms applied.
 *
 * Export it: a schema cannot be sent, so a checked task travels by reference only. A call from this side is validated before
 * it leaves; what does not fit rejects with TaskValidationError and costs no worker anything. Called directly it validates too.
 *
 * @param schemas - `input`: the schema of the arguments; `output`: the schema of the result, default none.
 * @param fn - The function; it gets the parsed arguments.
 * @returns The task: a function that validates.
 * @throws TypeError when a schema or the function is not one.
 *
 * @example
 * ```ts
 * import { z } from 'zod';
 * import { defineTask } from 'twinpool';
 *
 * export const area = defineTask({ input: z.tuple([z.number(), z.number()]), output: z.number() }, (w, h) => w * h);
 * ```
 */
export function defineTask<I extends ArgumentsSchema, O extends StandardSchema>(
  schemas: { readonly input: I; readonly output: O },
  fn: (...args: SchemaOutput<I>) => SchemaInput<O> | PromiseLike<SchemaInput<O>>,
): CheckedTask<SchemaInput<I>, SchemaOutput<O>>;
export function defineTask<I extends ArgumentsSchema, R>(
  schemas: { readonly input: I; readonly output?: undefined },
  fn: (...args: SchemaOutput<I>) => R,
): CheckedTask<SchemaInput<I>, Awaited<R>>;
export function defineTask(
  schemas: { readonly input: StandardSchema; readonly output?: StandardSchema | undefined },
  handler: (...args: unknown[]) => unknown,
): CheckedTask<unknown[], unknown> {
  const { input, output } = schemas;
  if (!isStandardSchema(input)) throw new TypeError('defineTask: `input` must be a Standard Schema of the arguments, like z.tuple([…])');
  if (output !== undefined && !isStandardSchema(output)) throw new TypeError('defineTask: `output` must be a Standard Schema');
  if (typeof handler !== 'function') throw new TypeError(`defineTask: the task must be a function, got ${typeof handler}`);
  const parts: CheckedParts = { handler, input, output, file: callerFile(defineTask) };
  const task = async (...args: unknown[]): Promise<unknown> => {
    const name = handler.name || 'the task';
    return callParsed(parts, await parseArguments(parts, args, name), name);
  };
  Object.defineProperty(task, 'name', { value: handler.name, configurable: true });
  return Object.defineProperty(task, CHECKED, { value: parts }) as typeof task & { readonly [CHECKED]: CheckedParts };
}

/** The file of whoever called `callee`. The program's own `prepareStackTrace` is set aside meanwhile. */
function callerFile(callee: (...args: never[]) => unknown): string | undefined {
  const { prepareStackTrace, stackTraceLimit } = Error;
  // `Reflect.set`: with --frozen-intrinsics nothing of this can be changed, and the file stays unknown.
  const tell = (_: Error, [site]: NodeJS.CallSite[]): unknown => site?.getFileName();
  if (!Reflect.set(Error, 'prepareStackTrace', tell) || !Reflect.set(Error, 'stackTraceLimit', 1)) return undefined;
  const trace: { stack?: unknown } = {};
  Error.captureStackTrace(trace, callee);
  const file = trace.stack;
  Reflect.set(Error, 'prepareStackTrace', prepareStackTrace);
  Reflect.set(Error, 'stackTraceLimit', stackTraceLimit);
  return typeof file === 'string' && file !== '' ? file : undefined;
}

/** The parts of a checked task, `undefined` for anything else. */
export function checkedParts(task: unknown): CheckedParts | undefined {
  return typeof task === 'function' && Object.hasOwn(task, CHECKED) ? (task as CheckedTask<unknown[], unknown>)[CHECKED] : undefined;
}

/** Arguments as the handler gets them; throws or rejects with TaskValidationError. `name` is for its message. */
export function parseArguments({ input }: CheckedParts, args: readonly unknown[], name: string): unknown[] | Promise<unknown[]> {
  const parsed = validate(input, args, `The arguments of ${name} do not fit`);
  return parsed instanceof Promise ? parsed.then(asArguments) : asArguments(parsed);
}

function asArguments(parsed: unknown): unknown[] {
  if (Array.isArray(parsed)) return parsed;
  throw new TaskValidationError(`the input schema must give an array of arguments (a tuple or array schema), it gave ${typeof parsed}`);
}

/** Calls the handler with parsed arguments and validates what it returns. */
export function callParsed({ handler, output }: CheckedParts, args: unknown[], name: string): unknown {
  const result = handler(...args);
  if (output === undefined) return result;
  const what = `The result of ${name} does not fit`;
  if (typeof result !== 'object' || result === null || !('then' in result)) return validate(output, result, what);
  return Promise.resolve(result).then((value) => validate(output, value, what));
}
