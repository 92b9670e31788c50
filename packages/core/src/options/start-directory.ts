/**
 * Finds the directory in which the program started, and makes flags mean the same after `process.chdir()`.
 *
 * Node resolves a preload (`--require ./a.cjs`, `--import pkg`) and a file in a flag from the working directory. The program may have left that
 * directory before it starts a worker, or before it loads this package; in the second case the shell's variable `PWD` still has it. A worker
 * process starts in the start directory and then changes to the program's working directory. A thread cannot, so its flags are made absolute.
 */
import { existsSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { createRequire } from '../primitives/create-require.ts';
import { type Flag, withValue } from '../primitives/node-flags.ts';

const MODULES = /^(-r|--(require|import|loader|experimental-loader))$/;
const FILES = /^--(allow-fs-(read|write)|icu-data-dir|openssl-config|.*-file|.*-dir|.*-policy|experimental-package-map)$/;
const RELATIVE = /^\.\.?(?:[\\/]|$)/;
const URL_SCHEME = /^[a-z][a-z\d+.-]+:/i;

/** Returns the working directory; `undefined` if it was removed. */
export function workingDirectory(): string | undefined {
  try {
    return process.cwd();
  } catch {
    return undefined;
  }
}

const loadedIn = workingDirectory();
const shellDirectory = Object.hasOwn(process.env, 'PWD') ? process.env['PWD'] : undefined;

/** Returns the directory in which the program started: the one in which the modules in its flags exist. */
export function startDirectory(flags: readonly Flag[]): string | undefined {
  const needed = flags.filter((flag) => isModule(flag) && !isFixed(flag.value as string));
  if (needed.length === 0 || shellDirectory === undefined || shellDirectory === loadedIn) return loadedIn;
  const candidates = [loadedIn, shellDirectory].filter((directory) => directory !== undefined);
  return candidates.find((directory) => needed.every(({ value }) => isFound(value as string, directory))) ?? loadedIn;
}

/** Returns the flags with absolute paths, so that they do not depend on the working directory. */
export function fixFlags(flags: readonly Flag[], directory: string): Flag[] {
  return flags.map((flag) => {
    const { name, value } = flag;
    if (value === undefined || value === '' || isFixed(value)) return flag;
    if (isModule(flag)) return withValue(flag, fixedModule(name, value, directory));
    return FILES.test(name) && value !== '*' ? withValue(flag, resolve(directory, value)) : flag;
  });
}

/** Returns flags for a program that starts in `directory`. A relative path becomes absolute if its file exists only in `current`. */
export function fixStrays(flags: readonly Flag[], directory: string, current: string): Flag[] {
  return flags.map((flag) => {
    const { value } = flag;
    if (value === undefined || !RELATIVE.test(value) || existsSync(join(directory, value)) || !existsSync(join(current, value)))
      return flag;
    return fixFlags([flag], current)[0] as Flag;
  });
}

function isModule({ name, value }: Flag): boolean {
  return MODULES.test(name) && value !== undefined && value !== '';
}

function isFixed(value: string): boolean {
  return isAbsolute(value) || URL_SCHEME.test(value);
}

function isFound(value: string, directory: string): boolean {
  if (RELATIVE.test(value) && existsSync(join(directory, value))) return true;
  try {
    createRequire(join(directory, '[preload]')).resolve(value);
    return true;
  } catch (error) {
    // The package exists, but has no file under this name for `require`.
    return (error as NodeJS.ErrnoException).code === 'ERR_PACKAGE_PATH_NOT_EXPORTED';
  }
}

function fixedModule(name: string, value: string, directory: string): string {
  const isImport = name === '--import' || name.endsWith('loader');
  if (isImport && RELATIVE.test(value)) return pathToFileURL(resolve(directory, value)).href;
  try {
    const path = createRequire(join(directory, '[preload]')).resolve(value);
    return isImport && isAbsolute(path) ? pathToFileURL(path).href : path;
  } catch {
    // This may be a package with a file for `import` only, which no function of Node finds from another directory.
    return value;
  }
}
