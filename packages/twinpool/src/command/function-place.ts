/**
 * Finds the function of `twinpool map`: the module by its path, `file:` URL or package name, or the task for an expression.
 *
 *   ./tasks.mjs#square, tasks.mjs, /abs/tasks.mjs, file:///...     the file, if there is one
 *   package#name                                                  else a package, resolved from the working directory
 *   -e 'r => ...'                                                 an inline function around the text; core refuses what it cannot send
 *
 * This file loads nothing of the user: a worker does.
 */
import { readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Script } from 'node:vm';
import { Misuse, messageOf } from './misuse.ts';

const EXPORT = /^(.*)#([\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*)$/su;

export interface FoundFunction {
  readonly url: string;
  readonly exportName: string;
}

export function findModule(given: string, cwd: string): FoundFunction {
  const [, before, name] = EXPORT.exec(given) ?? [];
  const module = before ?? given;
  const exportName = name ?? 'default';
  // A file may have a name with #.
  const whole = name === undefined ? undefined : fileOf(given, cwd);
  if (module !== '' && whole !== undefined && fileOf(module, cwd) === undefined)
    return { url: pathToFileURL(whole).href, exportName: 'default' };
  if (module === '')
    throw new Misuse(`expected a module before the export, got ${given}: name a file, a file: URL or a package, as in ./tasks.js#square`);
  const file = fileOf(module, cwd) ?? packageFile(module, cwd);
  if (file === undefined) throw new Misuse(`there is no module ${module}: expected a file, a file: URL or a package, seen from ${cwd}`);
  return { url: pathToFileURL(file).href, exportName };
}

function fileOf(module: string, cwd: string): string | undefined {
  const path = module.startsWith('file:') ? pathOf(module) : resolve(cwd, module);
  if (path === undefined || module === '') return undefined;
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true ? path : undefined;
}

function pathOf(url: string): string | undefined {
  try {
    return fileURLToPath(url);
  } catch (error) {
    throw new Misuse(`expected a file: URL, got ${url}: ${messageOf(error)}`);
  }
}

function packageFile(specifier: string, cwd: string): string | undefined {
  if (/^(?:\.{0,2}[\\/]|file:)/.test(specifier) || specifier === '') return undefined;
  try {
    return createRequire(join(cwd, 'package.json')).resolve(specifier);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // The package has this module for `import` only.
    if (code === 'ERR_PACKAGE_PATH_NOT_EXPORTED') return importedFile(specifier, cwd);
    if (code === 'MODULE_NOT_FOUND') return undefined;
    throw new Misuse(`cannot resolve the package ${specifier}: ${messageOf(error)}`);
  }
}

/** Node resolves `import` conditions from a module only; so the fields of the package's manifest are read here. */
function importedFile(specifier: string, cwd: string): string | undefined {
  const [, name = specifier, subpath = ''] = /^((?:@[^/]+\/)?[^/]+)(\/.*)?$/.exec(specifier) ?? [];
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    const manifest = join(folder, 'node_modules', name, 'package.json');
    if (statSync(manifest, { throwIfNoEntry: false })?.isFile() === true) {
      const { exports } = JSON.parse(readFileSync(manifest, 'utf8')) as { readonly exports?: unknown };
      const target = targetOf(exports, `.${subpath}`);
      return target === undefined ? undefined : join(dirname(manifest), target);
    }
    if (dirname(folder) === folder) return undefined;
  }
}

const CONDITIONS = new Set(['node', 'import', 'module-sync', 'node-addons', 'default']);

function targetOf(exports: unknown, subpath: string): string | undefined {
  const isMap = typeof exports === 'object' && exports !== null && Object.keys(exports).some((key) => key.startsWith('.'));
  const target = isMap ? (exports as Record<string, unknown>)[subpath] : subpath === '.' ? exports : undefined;
  return conditioned(target);
}

function conditioned(target: unknown): string | undefined {
  if (typeof target === 'string') return target;
  if (typeof target !== 'object' || target === null) return undefined;
  for (const [condition, inner] of Object.entries(target)) {
    if (!CONDITIONS.has(condition)) continue;
    const found = conditioned(inner);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A task for each of `methods` of map-records.ts, around the text of an expression. */
export function expressionTask<M extends string>(expression: string, method: M, cwd: string): (...args: unknown[]) => unknown {
  try {
    // On its own, so that no text closes the parenthesis before its end.
    new Script(`(${expression}\n)`);
  } catch (error) {
    throw new Misuse(`-e is not an expression of JavaScript: ${messageOf(error)}`);
  }
  const parameters = method === 'check' ? '' : 'block, ';
  const source = `(${method === 'check' ? '' : 'block'}) => globalThis[Symbol.for('twinpool.map')].${method}(${parameters}() => (\n${expression}\n))`;
  return new Script(source, { filename: join(cwd, '[eval]'), lineOffset: -1 }).runInThisContext() as (...args: unknown[]) => unknown;
}
