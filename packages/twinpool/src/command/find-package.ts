/** Finds a package that is not a dependency of twinpool: next to twinpool, or in the user's project. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Returns the URL of a module of the package, as `import()` takes it; `undefined` if the package is not installed. */
export function findPackage(specifier: string, cwd: string): string | undefined {
  for (const place of [import.meta.url, pathToFileURL(join(cwd, 'package.json')).href]) {
    try {
      return pathToFileURL(createRequire(place).resolve(specifier)).href;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error;
    }
  }
  return undefined;
}
