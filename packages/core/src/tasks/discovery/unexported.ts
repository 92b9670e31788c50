/**
 * What becomes of a function that no export is known to be: sent by its source, referred to by file and name, or refused.
 *
 * Decides that from its text, from how it stands in its script, and from the names around it. Refuses to evaluate anything.
 */

import type { Confirmation, SourceDescriptor } from '../definition/descriptor.ts';
import { callableText } from './callable-text.ts';
import type { Subject } from './candidate.ts';
import { type Written, whereWritten } from './declaration.ts';
import { byReference, type Found, type Refused } from './found.ts';
import { type FreeName, type FunctionSyntax, readFunction } from './free-names.ts';
import { isSafeByText, isWorkerGlobal } from './globals.ts';
import type { Home } from './module-lookup.ts';
import { freeNames, madeByCall, madeByNode, refuse, UNEXPORTED_CHECKED, UNREADABLE, withoutInspector } from './refusals.ts';
import { type Places, placeText } from './source-position.ts';

/** `homeOfCall`: of a checked task the file that calls `defineTask`. */
export function findUnexported(subject: Subject, home: Home, homeOfCall: Home): Found | Refused {
  const script = subject.location?.script;
  if (script?.url.startsWith('node:')) return refusal(subject, 0, madeByNode(script.url, (subject.location?.line ?? 0) + 1));
  const syntax = readFunction(subject.text, strictness(subject));
  const free = syntax && [...syntax.free, ...hiddenGlobals(subject, syntax)].sort((a, b) => a.offset - b.offset);
  const anchor = syntax?.anchor ?? 0;
  const places = subject.places(anchor);
  const isSelfContained = free?.length === 0 && subject.parts === undefined;
  const found = isSelfContained ? exportedBySyntax(subject, home, places) : unconfirmed(subject, home, homeOfCall, places);
  if (found !== undefined) return found;
  if (syntax !== undefined && isSelfContained) return bySource(subject, syntax, home, places);
  const reason = subject.parts !== undefined ? UNEXPORTED_CHECKED : free === undefined ? UNREADABLE : whyNot(subject, free, places);
  return refusal(subject, anchor, subject.inspected === undefined ? withoutInspector(reason) : reason);
}

/** Of an ES module that is still being evaluated syntax tells what it exports. */
function exportedBySyntax(subject: Subject, home: Home, places: Places): Found | undefined {
  const exported = home.kind === 'file' && subject.location?.script.isModule === true ? writtenOf(subject)?.exported : undefined;
  return exported && byReference(subject, home.url, exported, confirmation(subject, places), false);
}

/** A reference by file and name, where nothing says that the function is no export. */
function unconfirmed(subject: Subject, home: Home, homeOfCall: Home, places: Places): Found | undefined {
  const found = exportedBySyntax(subject, home, places);
  if (found !== undefined) return found;
  const written = writtenOf(subject);
  const isNamedHandler = subject.parts !== undefined && written?.isArgument !== true;
  const file = isNamedHandler && homeOfCall.kind === 'file' ? homeOfCall : home;
  const exportName = isNamedHandler ? '' : written === undefined ? subject.name : mayExport(subject, written);
  // A task with a named handler is exported where `defineTask` is called, under a name that only the worker can tell.
  if (file.kind !== 'file' || exportName === undefined || (exportName === '' && !isNamedHandler)) return undefined;
  return byReference(subject, file.url, { exportName }, confirmation(subject, places), false);
}

/** The name it may be exported by: never of an ES module, whose syntax tells all; around others a test runner puts a function. */
function mayExport(subject: Subject, { depth, bound }: Written): string | undefined {
  return subject.location?.script.isModule === true || depth > 1 ? undefined : bound;
}

function confirmation(subject: Subject, places: Places): Confirmation {
  return { name: subject.name, source: subject.text, place: placeText(places.at(0)) };
}

function bySource(subject: Subject, syntax: FunctionSyntax, home: Home, places: Places): Found {
  const { file, ...start } = places.at(0);
  // Stack lines name the file that was loaded: the place in its source only where that is the same file (tsx, vitest).
  const { line, column } = home.kind === 'nowhere' || file === home.url ? start : subject.placesUnmapped(syntax.anchor).at(0);
  const descriptor: SourceDescriptor = {
    kind: 'source',
    name: subject.title,
    source: callableText(subject.text, syntax),
    base: home.url,
    line,
    column,
    strict: syntax.strict,
    imports: syntax.imports,
    identities: syntax.identities,
    counters: syntax.counters,
  };
  const isSaidByText = !syntax.imports && !syntax.usesMode && [...syntax.globals.keys()].every(isSafeByText);
  return { descriptor, sharedBy: isSaidByText || subject.location === undefined ? 'text' : 'place' };
}

/** `setTimeout` may be an import of `node:timers/promises`: the name of a global counts only where nothing nearer has it. */
function hiddenGlobals({ fn, location, inspected }: Subject, { globals }: FunctionSyntax): FreeName[] {
  if (globals.size === 0 || location === undefined) return [];
  const near = inspected?.locator.surroundings(fn);
  return [...globals]
    .filter(([name]) => near?.has(name))
    .map(([name, offset]) => ({ name, offset, kind: isWorkerGlobal(name) ? 'not the global' : 'variable' }));
}

function whyNot(subject: Subject, free: readonly FreeName[], places: Places): string {
  const isMade = free.some((one) => one.kind === 'variable') && writtenOf(subject)?.isReturned === true;
  return isMade ? madeByCall(places.at(0), free, places) : freeNames(subject.name, free, places);
}

function refusal(subject: Subject, anchor: number, reason: string): Refused {
  return { refused: refuse(subject.name, subject.location && subject.places(anchor).at(0), reason) };
}

function writtenOf({ location, inspected, parts }: Subject): Written | undefined {
  if (inspected === undefined || location === undefined) return undefined;
  return whereWritten(inspected.locator.textOf(location.script), location, parts !== undefined);
}

/** Whether the code around it is strict; `undefined` when that is not known. */
function strictness({ location, inspected }: Subject): boolean | undefined {
  if (inspected === undefined || location === undefined) return undefined;
  return location.script.isModule || inspected.locator.isStrict(location.script);
}
