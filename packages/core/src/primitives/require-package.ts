/**
 * Loads a package on first need, by `require`: it takes a third of the time that `import` takes, and a load that failed can be tried again.
 *
 * Node 20 is an exception: where a package's manifest could not be read, because no descriptor was free, it takes the package for
 * missing as long as the program lives. Its files can be read then, by their path.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(import.meta.url);

/** `main`: the file that its manifest names for `require`. */
export function requirePackage(name: string, main: string): unknown {
  try {
    return require(name);
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'MODULE_NOT_FOUND') throw error;
    const file = (require.resolve.paths(name) ?? []).map((folder) => join(folder, name, main)).find((path) => existsSync(path));
    if (file === undefined) throw error;
    return require(file);
  }
}
