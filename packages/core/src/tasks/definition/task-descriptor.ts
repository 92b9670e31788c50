/**
 * What travels to a worker so that it finds a task: plain data, once per worker and function.
 *
 * Decides the shape, and what of it counts as its size. Refuses to know how a descriptor comes about (find.ts) and what a worker does with it (load.ts).
 */

/** What the worker compares an export with, where identity could not be shown on the caller's side. */
export interface Confirmation {
  /** The function's own name, '' when it has none. */
  readonly name: string;
  readonly source: string;
  /** Where it is written, for the message: `tasks.ts:12:8`. */
  readonly position: string;
}

/** An export of a module. */
export interface ModuleDescriptor {
  readonly kind: 'module';
  readonly name: string;
  /** A `file:` URL, with its query. */
  readonly url: string;
  /** `default`, a name, `module.exports` for the whole of a CommonJS module, '' when only its source is known. */
  readonly exportName: string;
  /** The name is one of `module.exports`, which the caller has seen, not one of the namespace that `import()` makes of it. */
  readonly commonjs?: true | undefined;
  /** A static method, or a method of an exported object: called with the export as `this`. */
  readonly member?: string | undefined;
  /** A checked task whose arguments were parsed before they left. */
  readonly parsed?: true | undefined;
  /** The module is the program's entry: a failure to load it says what that means. */
  readonly entry?: true | undefined;
  readonly confirm?: Confirmation | undefined;
}

/** A function without free variables. */
export interface SourceDescriptor {
  readonly kind: 'source';
  readonly name: string;
  /** An expression whose value is the function. */
  readonly source: string;
  /** URL that a bare `import()` in it resolves from; also the file its stack lines name. */
  readonly base: string;
  /** Where it starts in that file, from 1. */
  readonly line: number;
  readonly column: number;
  readonly strict: boolean;
  /** Whether there is an `import()` in it. */
  readonly imports: boolean;
  /** Calls without meaning that tools put into the source: `identity` ones give back their argument, `counters` count. */
  readonly identities: readonly string[];
  readonly counters: readonly string[];
}

export type TaskDescriptor = ModuleDescriptor | SourceDescriptor;

/** The URL of the file that the task comes from. */
export function originOf(descriptor: TaskDescriptor): string {
  return descriptor.kind === 'module' ? descriptor.url : descriptor.base;
}

/** Bytes of source text in it; all else is short. */
export function sourceBytes(descriptor: TaskDescriptor): number {
  const source = descriptor.kind === 'source' ? descriptor.source : descriptor.confirm?.source;
  return source === undefined ? 0 : Buffer.byteLength(source);
}

/** Names that are no task whatever a module exports: a prototype's, and `then`, for which `import()` would call it. */
const FORBIDDEN: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype', 'then']);

export function isForbiddenName(name: string): boolean {
  return FORBIDDEN.has(name);
}
