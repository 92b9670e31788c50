/**
 * Writes the error text for a function that cannot be a task: the reason, each free name with its position, and what to do.
 *
 * This file does not know how the reason was found.
 */

import { bundleCures, REFERENCE } from '../definition/bundle-cures.ts';
import type { FreeName } from './function-syntax.ts';
import { cannotBeSent } from './quick-refusals.ts';
import { fileName, type PositionFinder, positionText, readablePath, type SourcePosition } from './source-position.ts';

const OTHERWISE = 'export a plain function that calls it, use `defineTask`, or `taskRef`';

/** Returns the whole text. `position`: the source position of the function, if known. */
export function refusalMessage(name: string, position: SourcePosition | undefined, reason: string): string {
  const at = position === undefined || position.file === '' ? '' : `${readablePath(position.file)}:${position.line}:${position.column}`;
  const named = at === '' ? `\`${name}\`` : `\`${name}\` (${at})`;
  return cannotBeSent(name !== '' ? named : at === '' ? 'This function' : `The function at ${at}`, reason);
}

/** `reason`: why it cannot be sent by its source, without advice. */
export function inBundle(name: string, reason: string): string {
  return `${reason}. ${bundleCures(name)}`;
}

/** The reason for a function that a call returned: `memoize(f)`, a decorator, `promisify`. */
export function madeByCall(position: SourcePosition, free: readonly FreeName[], positions: PositionFinder): string {
  const keeps = free.length === 0 ? '' : `. It keeps ${listed(free, positions)}`;
  return `made by ${position.file === '' ? positionText(position) : `${fileName(position.file)}:${position.line}`}; ${OTHERWISE}${keeps}`;
}

/** The reason for a function that Node itself made. */
export function madeByNode(url: string, line: number): string {
  return `made by Node (${url}:${line}); ${OTHERWISE}`;
}

/** The reason for a checked task that is not an export. */
export const UNEXPORTED_CHECKED: string =
  'a checked task must be an export of the module that makes it (its schemas cannot be sent), so that a worker finds it there';

export const UNREADABLE: string = 'its source cannot be read';

export const EXPORT_IT = '; export it (the function)';

/** The reason in a runtime without an inspector. `reason`: why the source cannot be sent. */
export function withoutInspector(reason: string): string {
  return `${reason}. If it is exported, pass ${REFERENCE}: without an inspector (--permission, Bun, Deno) exports cannot be found`;
}

/** The reason for a function that is not exported and has free names. */
export function freeNames(own: string, free: readonly FreeName[], positions: PositionFinder): string {
  const helpers = free.filter((one) => one.kind === 'compiler helper');
  if (helpers.length > 0) {
    return `it uses ${listed(helpers, positions)}, which a compiler adds for an old target: compile for ES2022 or later, or export it`;
  }
  const imports = free.filter((one) => one.kind === 'relative import');
  if (imports.length === free.length) {
    return `${listed(imports, positions)} is relative to a file, and a function that is sent by its source has none; export it`;
  }
  const values = free.filter((one) => isValue(one) && !MODULE_NAMES.has(one.name)).map((one) => `\`${one.name}\``);
  const pass = values.length === 0 ? '' : `, or pass ${values.length > 1 ? 'the values as arguments' : 'the value as an argument'}`;
  const load = free.some(({ name }) => name === 'require') ? ', or load the module with `await import(…)`' : '';
  const self = free.some((one) => one.name === own) ? `. To call itself it must be a named function: \`function ${own}(…) {…}\`` : '';
  return `${missing(free, positions)}${EXPORT_IT}${pass}${load}${self}`;
}

/** The free names alone, without advice. */
export function missing(free: readonly FreeName[], positions: PositionFinder): string {
  return `it uses ${listed(free, positions)}, which a worker does not have`;
}

/** The variables that CommonJS defines in each file. */
const MODULE_NAMES: ReadonlySet<string> = new Set(['require', 'module', 'exports', '__filename', '__dirname']);

function listed(free: readonly FreeName[], positions: PositionFinder): string {
  const named = free.map((one) => {
    const position = positions.at(one.offset);
    // The written name, if a compiler renamed it and its source map has the source.
    const name = isValue(one) && position.identifier !== undefined && !KEYWORDS.has(position.identifier) ? position.identifier : one.name;
    return `\`${name}\` (${positionText(position)}${one.kind === 'not the global' ? '; not the global of that name' : ''})`;
  });
  return named.length < 2 ? named.join() : `${named.slice(0, -1).join(', ')} and ${named.at(-1)}`;
}

function isValue({ kind }: FreeName): boolean {
  return kind === 'variable' || kind === 'not the global';
}

const KEYWORDS: ReadonlySet<string> = new Set(['async', 'await', 'const', 'function', 'import', 'let', 'new', 'return', 'typeof', 'var']);
