/**
 * The part of the Standard Schema specification (version 1) that a checked task needs.
 *
 * Decides how a schema is asked and what of its answer is kept. Refuses to know any schema library.
 */
import { TaskValidationError, type ValidationIssue } from '../../errors.ts';

/** A schema of any library that follows Standard Schema: zod, valibot, arktype and others. */
export interface StandardSchema<Input = unknown, Output = Input> {
  /** What the specification asks of every schema. */
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

/** What a schema answers. */
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: ReadonlyArray<ValidationIssue> };

/** The type that a schema takes. */
export type SchemaInput<S extends StandardSchema> = NonNullable<S['~standard']['types']>['input'];
/** The type that a schema gives. */
export type SchemaOutput<S extends StandardSchema> = NonNullable<S['~standard']['types']>['output'];

export function isStandardSchema(value: unknown): value is StandardSchema {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null || !('~standard' in value)) return false;
  const standard = value['~standard'];
  return typeof standard === 'object' && standard !== null && 'validate' in standard && typeof standard.validate === 'function';
}

/** What `schema` makes of `value`, as a promise only where the schema is asynchronous; TaskValidationError otherwise. */
export function validate<Output>(schema: StandardSchema<unknown, Output>, value: unknown, what: string): Output | Promise<Output> {
  const result = schema['~standard'].validate(value);
  if (!('then' in result)) return outcomeOf(result, what);
  // Any thenable will do; it is asked once, and answers once.
  return new Promise<SchemaResult<Output>>((resolve, reject) => {
    result.then(resolve, reject);
  }).then((settled) => outcomeOf(settled, what));
}

function outcomeOf<Output>(result: SchemaResult<Output>, what: string): Output {
  if (result.issues === undefined) return result.value;
  const issues = result.issues.map(plainIssue);
  throw new TaskValidationError(`${what}: ${issues.map(issueText).join('; ')}`, issues);
}

/** Only what the specification names: an issue must be able to travel, and the rest may hold the schema itself. */
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
