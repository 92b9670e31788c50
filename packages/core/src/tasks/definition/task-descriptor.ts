/**
 * The data that names a task function for a worker: plain data, sent once per worker and function.
 *
 *   'module'   an export of a module, by URL and name      'source'   the text of a function without free variables
 *
 * This file does not know how a descriptor is made (discovery/find-task.ts) and how a worker uses it (loading/load-task.ts).
 */

import type { RequireHook } from './require-hook.ts';

/** The function that the worker compares with the export, if the caller could not compare identities. */
export interface Confirmation {
  /** The name of the function, '' if it has none. */
  readonly name: string;
  readonly source: string;
  /** The source position for the error message: `tasks.ts:12:8`. */
  readonly position: string;
}

/** An export of a module. */
export interface ModuleDescriptor {
  readonly kind: 'module';
  readonly name: string;
  /** A `file:` URL, with its query. */
  readonly url: string;
  /** `default`, a name, `module.exports` for the whole CommonJS module, '' if only the source of the function is known. */
  readonly exportName: string;
  /** The name is a property of `module.exports`, which the caller has read. It need not be in the namespace of `import()`. */
  readonly commonjs?: true | undefined;
  /** The hooks that compile the module in the program. The worker installs them and requires the module. */
  readonly hooks?: readonly RequireHook[] | undefined;
  /** A static method, or a method of an exported object. It is called with the export as `this`. */
  readonly member?: string | undefined;
  /** A checked task whose arguments were parsed before they were sent. */
  readonly parsed?: true | undefined;
  /** The module is the entry of the program. The error for a failed load then explains how to guard the entry. */
  readonly entry?: true | undefined;
  /** The module is a bundle, and the function is not registered. The error for a failed load then says what helps. */
  readonly bundled?: true | undefined;
  readonly confirm?: Confirmation | undefined;
}

/** A function without free variables. */
export interface SourceDescriptor {
  readonly kind: 'source';
  readonly name: string;
  /** An expression whose value is the function. */
  readonly source: string;
  /** The URL from which a bare `import()` in the source resolves, and the file that stack lines name. */
  readonly base: string;
  /** The position of the function in that file. Line and column count from 1. */
  readonly line: number;
  readonly column: number;
  readonly strict: boolean;
  /** The source has an `import()`. */
  readonly imports: boolean;
  /** Functions that tools call in the source without effect on its result: `identities` return their argument, `counters` count. */
  readonly identities: readonly string[];
  readonly counters: readonly string[];
}

export type TaskDescriptor = ModuleDescriptor | SourceDescriptor;

/** Returns the URL of the file in which the task is written. */
export function originOf(descriptor: TaskDescriptor): string {
  return descriptor.kind === 'module' ? descriptor.url : descriptor.base;
}

/** Returns the bytes of source text in a descriptor. Its other fields are short. */
export function sourceBytes(descriptor: TaskDescriptor): number {
  const source = descriptor.kind === 'source' ? descriptor.source : descriptor.confirm?.source;
  return source === undefined ? 0 : Buffer.byteLength(source);
}

/** Names that are never a task: those of prototypes, and `then`, which `import()` would call. */
const FORBIDDEN: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype', 'then']);

export function isForbiddenName(name: string): boolean {
  return FORBIDDEN.has(name);
}
