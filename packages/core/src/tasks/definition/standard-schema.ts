/**
 * Validates values with a Standard Schema (specification version 1), and keeps of its issues only what the specification names.
 *
 * This file does not know any schema library.
 */
import { TaskValidationError, type ValidationIssue } from '../../errors.ts';

/** A schema of any library that follows Standard Schema: zod, valibot, arktype and others. */
export interface StandardSchema<Input = unknown, Output = Input> {
  /** The property that the specification requires of every schema. */
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

/** The result of a validation. */
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: ReadonlyArray<ValidationIssue> };

/** The input type of a schema. */
export type SchemaInput<S extends StandardSchema> = NonNullable<S['~standard']['types']>['input'];
/** The output type of a schema. */
export type SchemaOutput<S extends StandardSchema> = NonNullable<S['~standard']['types']>['output'];

export function isStandardSchema(value: unknown): value is StandardSchema {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null || !('~standard' in value)) return false;
  const standard = value['~standard'];
  return typeof standard === 'object' && standard !== null && 'validate' in standard && typeof standard.validate === 'function';
}

/** Returns the parsed value, as a promise only if the schema is asynchronous. Throws or rejects with TaskValidationError. */
export function validate<Output>(schema: StandardSchema<unknown, Output>, value: unknown, what: string): Output | Promise<Output> {
  const result = schema['~standard'].validate(value);
  if (!('then' in result)) return outcomeOf(result, what);
  // The schema may return any thenable. `then` is called once, and the promise settles once.
  return new Promise<SchemaResult<Output>>((resolve, reject) => {
    result.then(resolve, reject);
  }).then((settled) => outcomeOf(settled, what));
}

function outcomeOf<Output>(result: SchemaResult<Output>, what: string): Output {
  if (result.issues === undefined) return result.value;
  const issues = result.issues.map(plainIssue);
  throw new TaskValidationError(`${what}: ${issues.map(issueText).join('; ')}`, issues);
}

/** Keeps only the fields of the specification: an issue must be able to travel, and other fields may hold the schema itself. */
function plainIssue({ message, path }: ValidationIssue): ValidationIssue {
  return path === undefined ? { message } : { message, path: path.map(keyOf) };
}

function keyOf(segment: PropertyKey | { readonly key: PropertyKey }): PropertyKey {
  const key = typeof segment === 'object' ? segment.key : segment;
  return typeof key === 'symbol' ? String(key) : key;
}

function issueText({ message, path }: ValidationIssue): string {
  const at = (path ?? []).map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('');
  return at === '' ? message : `${at.replace(/^\./, '')}: ${message}`;
}
