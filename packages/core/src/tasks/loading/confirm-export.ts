/**
 * Confirms, in the worker, that an export is the function that the caller meant, if the caller could not compare identities.
 *
 *   export of that name, sources at least half alike --> the export
 *   exactly one export with nearly the same source  --> that export (another name, or a method)
 *   else                                            --> TaskModuleError
 *
 * The two sources may come from different tools (a test runner in the program, Node in the worker). So the comparison ignores what tools change:
 * layout, comments, types, imports and added names.
 * This file does not load modules.
 */
import jsTokens, { type Token } from 'js-tokens';
import { TaskModuleError } from '../../errors.ts';
import { checkedParts } from '../definition/checked-task.ts';
import { type Confirmation, isForbiddenName, type ModuleDescriptor } from '../definition/task-descriptor.ts';
import { type Exported, namedExport } from './named-export.ts';

/** Returns the export that is the function. Throws TaskModuleError if it is missing or is clearly another function. */
export function confirmExport(namespace: object, descriptor: ModuleDescriptor, meant: Confirmation): Exported {
  const { url, exportName, parsed } = descriptor;
  const named = exportName === '' ? undefined : namedExport(namespace, descriptor);
  if (named !== undefined && likeness(sourceOf(named, parsed), meant.source, true) >= SAME_NAME) return named;
  // The function is exported under another name, or is a method. Then exactly one export must have its source.
  const alike = functionsOf(namespace).filter((one) => likeness(sourceOf(one, parsed), meant.source, false) >= OTHER_NAME);
  const distinct = new Set(alike.map((one) => one.value));
  const [found] = alike;
  if (found !== undefined && distinct.size === 1) return found;
  const what = meant.name === '' ? `The function at ${meant.position}` : `\`${meant.name}\` (${meant.position})`;
  const why =
    distinct.size > 1
      ? `${distinct.size} exports of ${url} look like it; give them different names`
      : named !== undefined
        ? `the export of that name in ${url} is another function`
        : `${url}, as Node loads it in a worker, does not export it (plugins, aliases and mocks of a test runner do not apply there)`;
  throw new TaskModuleError(`${what} cannot be used as a task: ${why}. Export it, or pass a \`taskRef\``);
}

/** The least likeness of two functions with one name in one file that count as the same function after different tools. */
const SAME_NAME = 0.5;
/** The least likeness without the name. */
const OTHER_NAME = 0.9;

function sourceOf({ value }: Exported, parsed: true | undefined): string | undefined {
  const fn = parsed === true ? checkedParts(value)?.handler : value;
  return typeof fn === 'function' ? Function.prototype.toString.call(fn) : undefined;
}

function functionsOf(namespace: object): Exported[] {
  const found: Exported[] = [];
  for (const exportName of namesOf(namespace).filter((name) => !isForbiddenName(name))) {
    const exported = namedExport(namespace, { exportName });
    if (exported === undefined) continue;
    found.push(exported);
    const holder = exported.value;
    if ((typeof holder !== 'function' && typeof holder !== 'object') || holder === null) continue;
    for (const [member, { value }] of Object.entries(Object.getOwnPropertyDescriptors(holder))) {
      if (typeof value === 'function' && !isForbiddenName(member)) found.push({ value, holder });
    }
  }
  return found;
}

/** Also those that only `module.exports` has: Node does not recognise each name in compiled CommonJS. */
function namesOf(namespace: object): string[] {
  const { default: whole } = namespace as { readonly default?: unknown };
  const others = typeof whole === 'object' && whole !== null ? Object.keys(whole) : [];
  return [...new Set([...Object.keys(namespace), ...others])];
}

/**
 * Returns 1 for the same words in the same order, 0 for nothing in common. `isPart`: words that only one side has do not count, because tools add
 * code (the interop of an `import()`, a helper).
 */
export function likeness(one: string | undefined, other: string, isPart: boolean): number {
  if (one === undefined) return 0;
  const first = words(one);
  const second = words(other);
  if (first.length === second.length && first.every((word, index) => word === second[index])) return 1;
  const pairs = pairsOf(first);
  const others = pairsOf(second);
  const whole = isPart ? Math.min(pairs.length, others.length) : (pairs.length + others.length) / 2;
  let common = 0;
  for (const pair of others) {
    const at = pairs.indexOf(pair);
    if (at === -1) continue;
    pairs.splice(at, 1);
    common++;
  }
  return whole === 0 ? 0 : common / whole;
}

function pairsOf(list: readonly string[]): string[] {
  return list.slice(1).map((word, index) => `${list[index]} ${word}`);
}

/** Returns the names and literals of a source, without the code that tools add: counters, name helpers, the module of an imported name. */
function words(source: string): readonly string[] {
  const text = source
    .replace(/\bcov_\w+\(\)\.[sfb]\[\d+\](?:\[\d+\])?\+\+[,;]?/g, '')
    .replace(/\b__name\(([\w$]+),\s*(['"])[^'"]*\2\)[,;]?/g, '$1 ')
    .replace(/\.then\(\(?(\w+)\)?=>\{const (\w+)="default";return \1\[\2\][^}]*\}\)/g, '')
    .replace(/\b__vite_ssr_dynamic_import__\b/g, 'import')
    .replace(/\b__vite_ssr_import_meta__\b/g, 'import.meta')
    .replace(/\(\s*0\s*,\s*([\w$]+\.)*([\w$]+)\s*\)/g, '$2')
    .replace(/\b__(?:vite_ssr|vi)_import_\d+__\./g, '')
    .replace(/\b(?:[\w$]+_\d+|import_[\w$]+)\./g, '');
  const found: string[] = [];
  for (const { type, value } of jsTokens(text)) {
    const word = wordOf(type, value);
    if (word !== undefined && !ADDED.has(word)) found.push(word);
  }
  return found;
}

/** `undefined` for a token that tools add, leave out or change. */
function wordOf(type: Token['type'], value: string): string | undefined {
  switch (type) {
    case 'IdentifierName':
      return KEYWORDS.has(value) ? undefined : value;
    case 'PrivateIdentifier':
      return value.slice(1);
    case 'NumericLiteral':
      return value.endsWith('n') ? value : String(Number(value.replaceAll('_', '')));
    case 'StringLiteral':
    case 'NoSubstitutionTemplate':
    case 'TemplateTail':
      return JSON.stringify(unescaped(value.slice(1, -1)));
    case 'TemplateHead':
    case 'TemplateMiddle':
      return JSON.stringify(unescaped(value.slice(1, -2)));
    case 'RegularExpressionLiteral':
      return value.slice(1, value.lastIndexOf('/'));
    default:
      return undefined;
  }
}

/** Quotes are a tool's choice. */
function unescaped(text: string): string {
  return text.replace(/\\(['"`$])/g, '$1');
}

const KEYWORDS: ReadonlySet<string> = new Set(
  (
    'break case catch class const continue debugger default delete do else export extends false finally for function if import in instanceof ' +
    'new null return super switch this throw true try typeof var void while with'
  ).split(' '),
);

/** Words that type stripping, lowering and the name of a default export add or remove. */
const ADDED: ReadonlySet<string> = new Set([
  'async',
  'await',
  'let',
  'static',
  'of',
  '"use strict"',
  '__vite_ssr_export_default__',
  'undefined',
]);
