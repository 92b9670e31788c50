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

import type { AnyFunction } from '../definition/reference.ts';
import { Subject } from './candidate.ts';
import type { ExportName } from './declaration.ts';
import { exportOfCommonJs, exportOfNamespace } from './exports.ts';
import { byReference, type Found, type Refused } from './found.ts';
import { inspection, openInspection } from './inspection.ts';
import type { Location } from './locate.ts';
import { type Home, homeOf } from './module-lookup.ts';
import { findUnexported } from './unexported.ts';

export async function findTask(task: AnyFunction): Promise<Found | Refused> {
  const subject = new Subject(task, await inspection());
  const home = await homeOf(subject.location?.script);
  const homeOfCall = await homeOfDefinition(subject);
  for (const candidate of [home, homeOfCall]) {
    const found = exportIn(candidate, task);
    if (found !== undefined) return byReference(subject, found.url, found.exported, undefined, candidate.kind === 'commonjs');
  }
  // What is no export is told by its text and its place: function objects that one place makes are all alike.
  const place = subject.location && subject.parts === undefined ? placeKey(subject.location) : undefined;
  const known = place === undefined ? undefined : unexported.get(place);
  if (known !== undefined) return known;
  const answer = findUnexported(subject, home, homeOfCall);
  if (place !== undefined) remember(place, answer);
  return answer;
}

/** Answers by place. More than these would hold on to the sources of a program that makes functions without end. */
const unexported = new Map<string, Found | Refused>();
const MOST_PLACES = 1_000;

function remember(place: string, answer: Found | Refused): void {
  unexported.set(place, answer);
  const [oldest] = unexported.keys();
  if (unexported.size > MOST_PLACES && oldest !== undefined) unexported.delete(oldest);
}

/** Where a function is written, as a key; `undefined` when that is not known. */
export function placeKeyOf(task: AnyFunction): string | undefined {
  try {
    const location = openInspection()?.locator.locate(task);
    return location && placeKey(location);
  } catch {
    return undefined;
  }
}

function placeKey({ script, line, column }: Location): string {
  return `${script.id}:${line}:${column}`;
}

/** The module that calls `defineTask`, for a checked task whose handler is written in another one. */
async function homeOfDefinition({ parts, inspected }: Subject): Promise<Home> {
  return homeOf(parts?.file === undefined ? undefined : inspected?.locator.scriptOf(parts.file));
}

function exportIn(home: Home, task: AnyFunction): { readonly url: string; readonly exported: ExportName } | undefined {
  if (home.kind === 'module') {
    const exported = exportOfNamespace(home.namespace, task);
    return exported && { url: home.url, exported };
  }
  for (const module of home.kind === 'commonjs' ? home.modules : []) {
    const exported = exportOfCommonJs(module.exported, task);
    if (exported !== undefined) return { url: module.url, exported };
  }
  return undefined;
}
