/**
 * Tells whether Node takes a file for CommonJS, by its extension and the nearest package.json. It does not read the file itself.
 */
import { readFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';

export function isCommonJsFile(path: string): boolean {
  const extension = extname(path);
  if (/^\.c/.test(extension)) return true;
  return !/^\.m/.test(extension) && packageType(dirname(path)) !== 'module';
}

function packageType(folder: string): unknown {
  for (let at = folder; ; at = dirname(at)) {
    try {
      return (JSON.parse(readFileSync(join(at, 'package.json'), 'utf8')) as { readonly type?: unknown } | null)?.type;
    } catch (error) {
      // One that cannot be parsed ends the search, as it does in Node.
      if ((error as { readonly code?: unknown }).code === undefined || dirname(at) === at) return undefined;
    }
  }
}
