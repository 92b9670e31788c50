/**
 * Finds the files that the command reads.
 *
 *   a named file       that file, even if a `.gitignore` excludes it
 *   a named folder     its source files, without `node_modules` and without ignored files
 *   no argument        the files of `tsconfig.json`; without one, the working directory as a folder
 *
 * It does not know what the files contain.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import ts from 'typescript';
import { isReadable } from './program.ts';

interface Rule {
  readonly folder: string;
  readonly pattern: RegExp;
  readonly isNegated: boolean;
  readonly isFolderOnly: boolean;
}

/** The user passed wrong arguments; the message says which. */
export class UsageError extends Error {
  /** On the prototype, so that a logger shows it once; a text, since a minifier changes the class's name. */
  override get name(): string {
    return 'UsageError';
  }
}

/**
 * Returns the selected files as sorted paths relative to `cwd`, without duplicates.
 *
 * @throws UsageError if a path does not exist, is not a source file, or the project file cannot be read.
 */
export function findSourceFiles(paths: readonly string[], cwd: string, project: string | undefined): string[] {
  const found = paths.length === 0 ? filesOfProject(cwd, project) : paths.flatMap((path) => filesAt(path, cwd));
  return [...new Set(found)].map((path) => relative(cwd, path) || path).sort();
}

function filesOfProject(cwd: string, project: string | undefined): string[] {
  const config = resolve(cwd, project ?? 'tsconfig.json');
  const file = existsSync(config) && statSync(config).isDirectory() ? join(config, 'tsconfig.json') : config;
  if (!existsSync(file)) {
    if (project !== undefined) throw new UsageError(`${project} does not exist`);
    return walk(cwd, rulesAbove(cwd));
  }
  const { config: json, error } = ts.readConfigFile(file, ts.sys.readFile);
  if (error !== undefined) throw new UsageError(`${relative(cwd, file)}: ${ts.flattenDiagnosticMessageText(error.messageText, ' ')}`);
  const rules = rulesAbove(cwd);
  const { fileNames } = ts.parseJsonConfigFileContent(json, ts.sys, dirname(file));
  return fileNames.filter(
    (path) => isReadable(path) && !isInModules(path) && !isIgnored(path, false, [...rules, ...rulesBetween(cwd, dirname(path))]),
  );
}

function filesAt(path: string, cwd: string): string[] {
  const absolute = resolve(cwd, path);
  if (!existsSync(absolute)) throw new UsageError(`${path} does not exist`);
  if (statSync(absolute).isDirectory()) return walk(absolute, rulesAbove(absolute));
  if (!isReadable(absolute)) throw new UsageError(`${path} is neither TypeScript nor JavaScript`);
  return [absolute];
}

function walk(folder: string, above: readonly Rule[]): string[] {
  const rules = [...above, ...rulesOf(folder)];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    const isFolder = entry.isDirectory();
    if (entry.name === 'node_modules' || entry.name === '.git' || isIgnored(path, isFolder, rules)) return [];
    if (isFolder) return walk(path, rules);
    return entry.isFile() && isReadable(path) ? [path] : [];
  });
}

function isInModules(path: string): boolean {
  return path.split(/[\\/]/).includes('node_modules');
}

/** The rules of the parent folders, up to the root of the repository. */
function rulesAbove(folder: string): Rule[] {
  const parents: string[] = [];
  for (let at = folder; !existsSync(join(at, '.git')) && dirname(at) !== at; ) {
    at = dirname(at);
    parents.unshift(at);
  }
  return parents.flatMap(rulesOf);
}

function rulesBetween(top: string, folder: string): Rule[] {
  const steps = relative(top, folder)
    .split(sep)
    .filter((step) => step !== '' && step !== '..');
  let at = top;
  return [
    ...rulesOf(top),
    ...steps.flatMap((step) => {
      at = join(at, step);
      return rulesOf(at);
    }),
  ];
}

function rulesOf(folder: string): Rule[] {
  const file = join(folder, '.gitignore');
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split(/\r?\n/)
    .flatMap((line) => {
      const text = line.replace(/(?<!\\)\s+$/, '');
      if (text === '' || text.startsWith('#')) return [];
      const isNegated = text.startsWith('!');
      const body = (isNegated ? text.slice(1) : text).replace(/\/$/, '');
      return [{ folder, pattern: patternOf(body), isNegated, isFolderOnly: text.endsWith('/') }];
    });
}

/** Compiles a `.gitignore` pattern: one that contains a slash matches from its folder, any other one at any depth. */
function patternOf(body: string): RegExp {
  const isAnchored =
    body
      .replace(/^\*\*\//, '/')
      .slice(0, -1)
      .includes('/') || body.startsWith('/');
  const source = body
    .replace(/^\//, '')
    .replace(/[.+^${}()|\\]/g, '\\$&')
    .replace(/\*\*\//g, '\0')
    .replace(/\/\*\*$/, '/\u0001')
    .replace(/\*/g, '[^/]*')
    .replace(/\?/g, '[^/]')
    .replaceAll('\0', '(?:.*/)?')
    .replaceAll('\u0001', '.*');
  return new RegExp(`^${isAnchored ? '' : '(?:.*/)?'}${source}$`);
}

/** The last matching rule wins. A file in an ignored folder is ignored. */
function isIgnored(path: string, isFolder: boolean, rules: readonly Rule[]): boolean {
  let ignored = false;
  for (const { folder, pattern, isNegated, isFolderOnly } of rules) {
    const inside = relative(folder, path).split(sep).join('/');
    const parts = inside.split('/');
    const prefixes = isFolder
      ? parts.map((_, i) => parts.slice(0, i + 1).join('/'))
      : parts.slice(0, -1).map((_, i) => parts.slice(0, i + 1).join('/'));
    const fits = prefixes.some((prefix) => pattern.test(prefix)) || (!isFolderOnly && pattern.test(inside));
    if (fits) ignored = !isNegated;
  }
  return ignored;
}
