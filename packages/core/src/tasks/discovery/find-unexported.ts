/**
 * Finds out how a worker gets a function that is not a known export: by source, by file and name, or not at all.
 *
 *   the script exports it by its syntax ---------------------> reference, which the worker confirms
 *   no free names (and not a checked task) ------------------> source
 *   free names, but the file may export it (vitest, vm) -----> reference by file and name, which the worker confirms
 *   else ----------------------------------------------------> refused, with the reason
 *
 * It reads the text of the function, its declaration in the script, and the names around it. Nothing is evaluated.
 * This file does not know how the result is sent.
 */

import type { Confirmation, SourceDescriptor } from '../definition/task-descriptor.ts';
import { isInBundle } from './bundle-signs.ts';
import { callableText } from './callable-text.ts';
import type { Candidate } from './candidate.ts';
import { type Declaration, findDeclaration } from './declaration.ts';
import { type DiscoveredTask, discoverByReference, type RefusedTask } from './discovered-task.ts';
import { type FreeName, type FunctionSyntax, readFunction } from './function-syntax.ts';
import type { ModuleLookup } from './module-lookup.ts';
import {
  EXPORT_IT,
  freeNames,
  inBundle,
  madeByCall,
  madeByNode,
  missing,
  refusalMessage,
  UNEXPORTED_CHECKED,
  UNREADABLE,
  withoutInspector,
} from './refusal-message.ts';
import { type PositionFinder, positionText } from './source-position.ts';
import { isSafeByText, isWorkerGlobal } from './worker-globals.ts';

/** `definitionLookup`: for a checked task, the module that calls `defineTask`. */
export function findUnexported(candidate: Candidate, lookup: ModuleLookup, definitionLookup: ModuleLookup): DiscoveredTask | RefusedTask {
  const script = candidate.location?.script;
  if (script?.url.startsWith('node:')) return refusal(candidate, 0, madeByNode(script.url, (candidate.location?.line ?? 0) + 1));
  const syntax = readFunction(candidate.text, strictness(candidate));
  const free = syntax && [...syntax.free, ...hiddenGlobals(candidate, syntax)].sort((a, b) => a.offset - b.offset);
  const anchor = syntax?.anchor ?? 0;
  const positions = candidate.positions(anchor);
  const isSelfContained = free?.length === 0 && candidate.parts === undefined;
  const found = isSelfContained
    ? byExportSyntax(candidate, lookup, positions)
    : byFileAndName(candidate, lookup, definitionLookup, positions);
  if (found !== undefined) return found;
  if (syntax !== undefined && isSelfContained) return discoverBySource(candidate, syntax, lookup, positions);
  if (isInBundle(candidate))
    return refusal(candidate, anchor, inBundle(originalName(candidate, positions), reasonOf(candidate, free, positions)));
  const isListed = candidate.parts === undefined && free !== undefined;
  const reason = isListed ? whyNot(candidate, free, positions) : `${reasonOf(candidate, free, positions)}${EXPORT_IT}`;
  return refusal(candidate, anchor, candidate.inspected === undefined ? withoutInspector(reason) : reason);
}

/** Returns the export by syntax, for an ES module that is still being evaluated. */
function byExportSyntax(candidate: Candidate, lookup: ModuleLookup, positions: PositionFinder): DiscoveredTask | undefined {
  const exported = lookup.kind === 'file' && candidate.location?.script.isModule === true ? declarationOf(candidate)?.exported : undefined;
  return exported && discoverByReference(candidate, lookup.url, exported, confirmation(candidate, positions), false);
}

/** Returns a reference by file and name, if the function may be an export. */
function byFileAndName(
  candidate: Candidate,
  lookup: ModuleLookup,
  definitionLookup: ModuleLookup,
  positions: PositionFinder,
): DiscoveredTask | undefined {
  const found = byExportSyntax(candidate, lookup, positions);
  if (found !== undefined) return found;
  const declaration = declarationOf(candidate);
  const isNamedHandler = candidate.parts !== undefined && declaration?.isArgument !== true;
  const file = isNamedHandler && definitionLookup.kind === 'file' ? definitionLookup : lookup;
  const exportName = isNamedHandler ? '' : declaration === undefined ? candidate.name : mayExport(candidate, declaration);
  // A task with a named handler is exported where `defineTask` is called, under a name that only the worker can find.
  if (file.kind !== 'file' || exportName === undefined || (exportName === '' && !isNamedHandler)) return undefined;
  return discoverByReference(candidate, file.url, { exportName }, confirmation(candidate, positions), false);
}

/** Returns the name under which the function may be exported. An ES module shows its exports by syntax; a test runner puts a function around other code. */
function mayExport(candidate: Candidate, { depth, bound }: Declaration): string | undefined {
  return candidate.location?.script.isModule === true || depth > 1 ? undefined : bound;
}

function confirmation(candidate: Candidate, positions: PositionFinder): Confirmation {
  return { name: candidate.name, source: candidate.text, position: positionText(positions.at(0)) };
}

function discoverBySource(candidate: Candidate, syntax: FunctionSyntax, lookup: ModuleLookup, positions: PositionFinder): DiscoveredTask {
  const { file, ...start } = positions.at(0);
  // Stack lines name the loaded file. The written position counts only if it is in the same file (tsx, vitest).
  const { line, column } = lookup.kind === 'nowhere' || file === lookup.url ? start : candidate.compiledPositions(syntax.anchor).at(0);
  const descriptor: SourceDescriptor = {
    kind: 'source',
    name: candidate.title,
    source: callableText(candidate.text, syntax),
    base: lookup.url,
    line,
    column,
    strict: syntax.strict,
    imports: syntax.imports,
    identities: syntax.identities,
    counters: syntax.counters,
  };
  const isKnownByText = !syntax.imports && !syntax.usesMode && [...syntax.globals.keys()].every(isSafeByText);
  return { descriptor, sharedBy: isKnownByText || candidate.location === undefined ? 'text' : 'position' };
}

/** Returns the globals that a scope around the function declares too: `setTimeout` may be an import of `node:timers/promises`. */
function hiddenGlobals({ fn, location, inspected }: Candidate, { globals }: FunctionSyntax): FreeName[] {
  if (globals.size === 0 || location === undefined) return [];
  const near = inspected?.locator.namesInScope(fn);
  return [...globals]
    .filter(([name]) => near?.has(name))
    .map(([name, offset]) => ({ name, offset, kind: isWorkerGlobal(name) ? 'not the global' : 'variable' }));
}

/** Why it cannot be sent by its source. */
function reasonOf({ parts }: Candidate, free: readonly FreeName[] | undefined, positions: PositionFinder): string {
  if (parts !== undefined) return UNEXPORTED_CHECKED;
  return free === undefined ? UNREADABLE : missing(free, positions);
}

/** What it was called before a minifier renamed it, where the source map tells. */
function originalName({ name, text }: Candidate, positions: PositionFinder): string {
  const atName = /^(?:async\s+)?(?:function\s*)?/.exec(text)?.[0].length ?? 0;
  return positions.at(atName).identifier ?? name;
}

function whyNot(candidate: Candidate, free: readonly FreeName[], positions: PositionFinder): string {
  const isMade = free.some((one) => one.kind === 'variable') && declarationOf(candidate)?.isReturned === true;
  return isMade ? madeByCall(positions.at(0), free, positions) : freeNames(candidate.name, free, positions);
}

function refusal(candidate: Candidate, anchor: number, reason: string): RefusedTask {
  return { refusal: refusalMessage(candidate.name, candidate.location && candidate.positions(anchor).at(0), reason) };
}

function declarationOf({ location, inspected, parts }: Candidate): Declaration | undefined {
  if (inspected === undefined || location === undefined) return undefined;
  return findDeclaration(inspected.locator.textOf(location.script), location, parts !== undefined);
}

/** Returns true if the code around the function is strict, `undefined` if unknown. */
function strictness({ location, inspected }: Candidate): boolean | undefined {
  if (inspected === undefined || location === undefined) return undefined;
  return location.script.isModule || inspected.locator.isStrict(location.script);
}
