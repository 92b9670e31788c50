/**
 * Resolves the modules of the option `preload`, which every worker imports first.
 *
 *   './setup.mjs'      -> file: URL, from the folder of the program's entry file, or from the working directory if the program has none (`-e`)
 *   'file:///…', URL   -> the same URL
 *   'package/setup'    -> stays a specifier, with the file that it resolves from: only a loader knows the conditions of a package
 *
 * A module that is not there is a fault when the runtime is made, not in each worker. This file loads nothing.
 */
import { existsSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createRequire } from '../primitives/create-require.ts';
import { messageOf } from '../primitives/message-of.ts';
import type { PreloadModule } from '../tasks/definition/preload-module.ts';
import { workingDirectory } from './start-directory.ts';

const RELATIVE = /^\.\.?(?:[\\/]|$)/;
const OF_TEXT = /^(?:-[a-z]*[ep][a-z]*|--eval|--print)(?:=|$)/;

/** Calls `report` with the index and the fault of each module that cannot be resolved. */
export function resolvePreload(modules: readonly (string | URL)[], report: (index: number, message: string) => void): PreloadModule[] {
  const base = pathToFileURL(entryFile() ?? join(workingDirectory() ?? '/', '[preload]')).href;
  return modules.map((module, index) => {
    try {
      return { specifier: specifierOf(module, base), base };
    } catch (error) {
      report(index, `expected a module that exists: ${messageOf(error)}`);
      return { specifier: String(module), base };
    }
  });
}

function specifierOf(module: string | URL, base: string): string {
  const text = String(module);
  const url = RELATIVE.test(text)
    ? pathToFileURL(resolve(dirname(fileURLToPath(base)), text)).href
    : isAbsolute(text)
      ? pathToFileURL(text).href
      : text;
  if (url.startsWith('file:')) {
    if (!existsSync(fileURLToPath(url))) throw new Error(`the file ${fileURLToPath(url)} does not exist`);
    return url;
  }
  try {
    createRequire(base).resolve(text);
  } catch (error) {
    // The package has such a module for `import` only.
    if ((error as NodeJS.ErrnoException).code !== 'ERR_PACKAGE_PATH_NOT_EXPORTED') throw error;
  }
  return text;
}

/** The file that the program was started with; `undefined` for `-e`, `-p` and standard input. */
function entryFile(): string | undefined {
  const [, file] = process.argv;
  const isOfText = process.execArgv.some((flag) => OF_TEXT.test(flag));
  return file !== undefined && !isOfText && existsSync(file) ? resolve(file) : undefined;
}
