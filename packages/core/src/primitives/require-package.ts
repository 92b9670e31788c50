/**
 * Loads a package when it is first needed, with `require`: that takes a third of the time of `import`, and a failed load can be repeated.
 *
 * Node 20 does not repeat it in one case: when no file descriptor was free for the manifest of the package, Node reports the package as missing for
 * the rest of the program. Then the main file of the package is loaded by its path.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(import.meta.url);

/** Returns the exports of the package. `main`: the file that its manifest names for `require`. */
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
