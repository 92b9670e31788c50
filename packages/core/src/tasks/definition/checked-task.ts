/**
 * Makes and calls checked tasks: a function with a schema for its arguments and a schema for its result.
 *
 *   sent:             program: parseArguments --> worker: callParsed, which validates the result
 *   called directly:  both, here
 *
 * Invariant: the handler only ever gets parsed arguments.
 * This file does not know zod (every Standard Schema works), and it does not know how the task travels.
 */
import { TaskValidationError } from '../../errors.ts';
import { isStandardSchema, type SchemaInput, type SchemaOutput, type StandardSchema, validate } from './standard-schema.ts';

/** A registered symbol: a worker may load this package from another folder than the module of the task does. */
export const CHECKED: unique symbol = Symbol.for('twinpool.checked');

/** The schema of the arguments: a tuple or an array schema. */
export type ArgumentsSchema = StandardSchema<readonly unknown[], readonly unknown[]>;

/** The parts of a checked task. */
export interface CheckedParts {
  readonly handler: (...args: unknown[]) => unknown;
  readonly input: StandardSchema;
  readonly output: StandardSchema | undefined;
  /** The path or URL of the file that called `defineTask`, if the runtime reports it. */
  readonly file: string | undefined;
}

/** A function whose arguments and result are validated, made by `defineTask`. Callers pass the input of the schema. */
export interface CheckedTask<Args extends readonly unknown[], R> {
  /** Validates the arguments, calls the function here, and validates its result. */
  (...args: Args): Promise<R>;
  readonly [CHECKED]: CheckedParts;
}

/**
 * Makes a task that validates its arguments and, with an `output` schema, its result.
 *
 * Export the task: a schema cannot be sent, so a worker must find the task in its module. The arguments are validated before they are sent. A call
 * with wrong arguments rejects with TaskValidationError and never reaches a worker. A direct call validates too.
 *
 * @param schemas - `input`: the schema of the arguments, a tuple or an array schema; `output`: the schema of the result, default none. Every
 *   library that implements Standard Schema works.
 * @param fn - The function. It gets the parsed arguments: defaults are filled in and transforms are applied.
 * @returns The task: a function that validates.
 * @throws TypeError if a schema is not a Standard Schema, or `fn` is not a function.
 * @see https://standardschema.dev
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
  if (!isStandardSchema(input))
    throw new TypeError(`defineTask: expected \`input\` to be a Standard Schema of the arguments, got ${typeof input}; write z.tuple([…])`);
  if (output !== undefined && !isStandardSchema(output))
    throw new TypeError(`defineTask: expected \`output\` to be a Standard Schema, got ${typeof output}; leave it out for no validation`);
  if (typeof handler !== 'function') throw new TypeError(`defineTask: expected a function as the second argument, got ${typeof handler}`);
  const parts: CheckedParts = { handler, input, output, file: callerFile(defineTask) };
  const task = async (...args: unknown[]): Promise<unknown> => {
    const name = handler.name || 'the task';
    return callParsed(parts, await parseArguments(parts, args, name), name);
  };
  Object.defineProperty(task, 'name', { value: handler.name, configurable: true });
  return Object.defineProperty(task, CHECKED, { value: parts }) as typeof task & { readonly [CHECKED]: CheckedParts };
}

/** Returns the file that called `callee`. The `prepareStackTrace` of the program is replaced during the call. */
function callerFile(callee: (...args: never[]) => unknown): string | undefined {
  const { prepareStackTrace, stackTraceLimit } = Error;
  // With --frozen-intrinsics `Reflect.set` returns false, and the file stays unknown.
  const fileOfSite = (_: Error, [site]: NodeJS.CallSite[]): unknown => site?.getFileName();
  if (!Reflect.set(Error, 'prepareStackTrace', fileOfSite) || !Reflect.set(Error, 'stackTraceLimit', 1)) return undefined;
  const trace: { stack?: unknown } = {};
  Error.captureStackTrace(trace, callee);
  const file = trace.stack;
  Reflect.set(Error, 'prepareStackTrace', prepareStackTrace);
  Reflect.set(Error, 'stackTraceLimit', stackTraceLimit);
  return typeof file === 'string' && file !== '' ? file : undefined;
}

/** Returns the parts of a checked task, `undefined` for any other value. */
export function checkedParts(task: unknown): CheckedParts | undefined {
  return typeof task === 'function' && Object.hasOwn(task, CHECKED) ? (task as CheckedTask<unknown[], unknown>)[CHECKED] : undefined;
}

/** Returns the arguments for the handler. Throws or rejects with TaskValidationError, whose message has `name`. */
export function parseArguments({ input }: CheckedParts, args: readonly unknown[], name: string): unknown[] | Promise<unknown[]> {
  const parsed = validate(input, args, `The arguments of ${name} do not fit`);
  return parsed instanceof Promise ? parsed.then(asArguments) : asArguments(parsed);
}

function asArguments(parsed: unknown): unknown[] {
  if (Array.isArray(parsed)) return parsed;
  throw new TaskValidationError(
    `expected the input schema to return an array of arguments, got ${typeof parsed}; use a tuple or an array schema`,
  );
}

/** Calls the handler with parsed arguments, and validates its result. */
export function callParsed({ handler, output }: CheckedParts, args: unknown[], name: string): unknown {
  const result = handler(...args);
  if (output === undefined) return result;
  const what = `The result of ${name} does not fit`;
  if (typeof result !== 'object' || result === null || !('then' in result)) return validate(output, result, what);
  return Promise.resolve(result).then((value) => validate(output, value, what));
}
