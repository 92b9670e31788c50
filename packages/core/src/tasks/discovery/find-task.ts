/**
 * Finds out how a worker gets a function: by reference if it is an export, by source if it needs only globals of a worker, else not at all.
 *
 *   function --> registered by a build tool: reference
 *      '------> module lookup --> exports can be read --> an export: reference
 *                    |                     |
 *                    |                     '--> not an export ----------------------.   self-contained: source
 *                    |--> exports cannot be read (still evaluated, vitest, vm) -----+-> exported or named at the top of the file: reference,
 *                    '--> no file (-e, new Function, no inspector) -----------------'     which the worker confirms
 *                                                            find-unexported.ts         else refused, with each free name
 *
 * Invariants: an export goes by reference, never by source. No module is evaluated. The parser is loaded only for a function that is not an export.
 * This file does not know what its caller does with the result.
 */

import type { AnyFunction } from '../definition/task-reference.ts';
import { loadSyntax } from '../syntax.ts';
import { Candidate } from './candidate.ts';
import type { ExportName } from './declaration.ts';
import { type DiscoveredTask, discoverByReference, type RefusedTask } from './discovered-task.ts';
import { findBuilt } from './find-built.ts';
import { findExportInCommonJs, findExportInNamespace } from './find-export.ts';
import { findUnexported } from './find-unexported.ts';
import { inspection, openInspection } from './inspection.ts';
import type { Location } from './locator.ts';
import { lookUpModule, type ModuleLookup } from './module-lookup.ts';

export async function findTask(task: AnyFunction): Promise<DiscoveredTask | RefusedTask> {
  const built = findBuilt(task);
  if (built !== undefined) return discoverByReference(new Candidate(task, undefined), built.url, built.exported, undefined, false);
  const candidate = new Candidate(task, await inspection());
  const lookup = await lookUpModule(candidate.location?.script);
  const definitionLookup = await lookUpDefinition(candidate);
  for (const module of [lookup, definitionLookup]) {
    const found = exportIn(module, task);
    if (found === undefined) continue;
    // Its place stands for a name that it does not have.
    if (candidate.name === '') await loadSyntax();
    const discovered = discoverByReference(candidate, found.url, found.exported, undefined, module.kind === 'commonjs');
    return found.exported.member === undefined ? discovered : { ...discovered, holder: holderOf(found.module, found.exported.exportName) };
  }
  // All function objects of one source position are alike, so the result for a function that is not an export is remembered by position.
  const position = candidate.location && candidate.parts === undefined ? positionKey(candidate.location) : undefined;
  const remembered = position === undefined ? undefined : unexported.get(position);
  if (remembered !== undefined) return remembered;
  await loadSyntax();
  const result = findUnexported(candidate, lookup, definitionLookup);
  if (position !== undefined) remember(position, result);
  return result;
}

/** Results by source position. More entries would hold the sources of a program that makes functions without end. */
const unexported = new Map<string, DiscoveredTask | RefusedTask>();
const MOST_POSITIONS = 1_000;

function remember(position: string, result: DiscoveredTask | RefusedTask): void {
  unexported.set(position, result);
  const [oldest] = unexported.keys();
  if (unexported.size > MOST_POSITIONS && oldest !== undefined) unexported.delete(oldest);
}

/** Returns a key for the source position of a function, `undefined` if the position is unknown. */
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

/** Looks up the module that calls `defineTask`: the handler of a checked task may be written in another module. */
async function lookUpDefinition({ parts, inspected }: Candidate): Promise<ModuleLookup> {
  return lookUpModule(parts?.file === undefined ? undefined : inspected?.locator.scriptOf(parts.file));
}

function exportIn(
  lookup: ModuleLookup,
  task: AnyFunction,
): { readonly url: string; readonly exported: ExportName; readonly module: unknown } | undefined {
  if (lookup.kind === 'module') {
    const exported = findExportInNamespace(lookup.namespace, task);
    return exported && { url: lookup.url, exported, module: lookup.namespace };
  }
  for (const module of lookup.kind === 'commonjs' ? lookup.modules : []) {
    const exported = findExportInCommonJs(module.exported, task);
    if (exported !== undefined) return { url: module.url, exported, module: module.exported };
  }
  return undefined;
}

/** The export that has the method. */
function holderOf(module: unknown, exportName: string): unknown {
  return exportName === 'module.exports' ? module : Reflect.get(module as object, exportName);
}
