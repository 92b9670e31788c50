/**
 * What becomes of a function that no export is known to be: sent by its source, referred to by file and name, or refused.
 *
 * Decides that from its text, from how it stands in its script, and from the names around it. Refuses to evaluate anything.
 */
import { callableText } from './callable-text.ts';
import type { SourceDescriptor } from './descriptor.ts';
import { byReference, type Found, type Refused } from './find.ts';
import { type FreeName, type FunctionSyntax, readFunction } from './free-names.ts';
import { isSafeByText, isWorkerGlobal } from './globals.ts';
import type { Home } from './home.ts';
import { type Places, placeText } from './place.ts';
import { freeNames, madeByCall, madeByNode, refuse, UNEXPORTED_CHECKED, UNREADABLE, withoutInspector } from './refusals.ts';
import type { Subject } from './subject.ts';
import { type Written, whereWritten } from './written.ts';

export function findUnexported(subject: Subject, home: Home): Found | Refused {
  const script = subject.location?.script;
  if (script?.url.startsWith('node:')) return refusal(subject, 0, madeByNode(script.url, (subject.location?.line ?? 0) + 1));
  const syntax = readFunction(subject.text, strictness(subject));
  const free = syntax && [...syntax.free, ...hiddenGlobals(subject, syntax)].sort((a, b) => a.offset - b.offset);
  const anchor = syntax?.anchor ?? 0;
  const places = subject.places(anchor);
  const isSelfContained = free?.length === 0 && subject.parts === undefined;
  if (home.kind === 'file') {
    const found = unconfirmed(subject, home.url, places, isSelfContained);
    if (found !== undefined) return found;
  }
  if (syntax !== undefined && isSelfContained) return bySource(subject, syntax, home, places);
  const reason = subject.parts !== undefined ? UNEXPORTED_CHECKED : free === undefined ? UNREADABLE : whyNot(subject, free, places);
  return refusal(subject, anchor, subject.inspected === undefined ? withoutInspector(reason) : reason);
}

/** A reference by file and name, where syntax says that the function is exported, or cannot say that it is not. */
function unconfirmed(subject: Subject, url: string, places: Places, isSelfContained: boolean): Found | undefined {
  const isModule = subject.location?.script.isModule === true;
  const written = writtenOf(subject);
  const confirm = { name: subject.name, source: subject.text, place: placeText(places.at(0)) };
  if (written?.exported !== undefined) return byReference(subject, url, written.exported, confirm);
  if (isSelfContained) return undefined;
  if (written === undefined) return subject.name === '' ? undefined : byReference(subject, url, { exportName: subject.name }, confirm);
  // Of an ES module syntax tells all. Around others a test runner may put a function of its own.
  if (isModule || written.depth > 1 || written.bound === undefined) return undefined;
  return byReference(subject, url, { exportName: written.bound }, confirm);
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
