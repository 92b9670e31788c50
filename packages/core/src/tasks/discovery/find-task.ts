/**
 * How a function is found: by reference when it is an export, by source when it needs nothing but a worker's globals, else refused.
 *
 *   function -> written where? -> exports can be compared -> an export: reference
 *                    |                     |
 *                    |                     +-> none: ------------------------------+-> self-contained: source
 *                    +-> exports cannot be had (still evaluated, vitest, vm): ------+-> exported or bound at the top: reference
 *                    +-> nowhere (-e, new Function, no inspector): -----------------+   that the worker confirms
 *                                                                 (unexported.ts)   +-> refused, with each free name
 *
 * Decides the first column: what is an export goes by reference, never by source. Refuses to evaluate anything, and to know what
 * becomes of the answer. The rest is unexported.ts; the parser that it needs is loaded when a function is no export.
 */

import type { AnyFunction } from '../definition/task-reference.ts';
import { Candidate } from './candidate.ts';
import type { ExportName } from './declaration.ts';
import { type DiscoveredTask, discoverByReference, type RefusedTask } from './discovered-task.ts';
import { findExportInCommonJs, findExportInNamespace } from './find-export.ts';
import { findUnexported } from './find-unexported.ts';
import { inspection, openInspection } from './inspection.ts';
import type { Location } from './locator.ts';
import { lookUpModule, type ModuleLookup } from './module-lookup.ts';

export async function findTask(task: AnyFunction): Promise<DiscoveredTask | RefusedTask> {
  const candidate = new Candidate(task, await inspection());
  const lookup = await lookUpModule(candidate.location?.script);
  const definitionLookup = await lookUpDefinition(candidate);
  for (const module of [lookup, definitionLookup]) {
    const found = exportIn(module, task);
    if (found !== undefined) return discoverByReference(candidate, found.url, found.exported, undefined, module.kind === 'commonjs');
  }
  // What is no export is told by its text and its place: function objects that one place makes are all alike.
  const position = candidate.location && candidate.parts === undefined ? positionKey(candidate.location) : undefined;
  const known = position === undefined ? undefined : unexported.get(position);
  if (known !== undefined) return known;
  const answer = findUnexported(candidate, lookup, definitionLookup);
  if (position !== undefined) remember(position, answer);
  return answer;
}

/** Answers by place. More than these would hold on to the sources of a program that makes functions without end. */
const unexported = new Map<string, DiscoveredTask | RefusedTask>();
const MOST_POSITIONS = 1_000;

function remember(position: string, answer: DiscoveredTask | RefusedTask): void {
  unexported.set(position, answer);
  const [oldest] = unexported.keys();
  if (unexported.size > MOST_POSITIONS && oldest !== undefined) unexported.delete(oldest);
}

/** Where a function is written, as a key; `undefined` when that is not known. */
export function positionKeyOf(task: AnyFunction): string | undefined {
  try {
    const location = openInspection()?.locator.locate(task);
    return location && positionKey(location);
  } catch {
    return undefined;
  }
}

function positionKey({ script, line, column }: Location): string {
  return `${script.id}:${line}:${column}`;
}

/** The module that calls `defineTask`, for a checked task whose handler is written in another one. */
async function lookUpDefinition({ parts, inspected }: Candidate): Promise<ModuleLookup> {
  return lookUpModule(parts?.file === undefined ? undefined : inspected?.locator.scriptOf(parts.file));
}

function exportIn(lookup: ModuleLookup, task: AnyFunction): { readonly url: string; readonly exported: ExportName } | undefined {
  if (lookup.kind === 'module') {
    const exported = findExportInNamespace(lookup.namespace, task);
    return exported && { url: lookup.url, exported };
  }
  for (const module of lookup.kind === 'commonjs' ? lookup.modules : []) {
    const exported = findExportInCommonJs(module.exported, task);
    if (exported !== undefined) return { url: module.url, exported };
  }
  return undefined;
}
