/** [R49] The name of an error is a text, even if a minifier has renamed every class. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';
import * as root from 'twinpool';
import { expect, test } from 'vitest';

/** A program that prints what an instance of each error class in `module` says of itself, by the name of its export. */
const program = (module: string) => `
import * as all from ${JSON.stringify(module)};
const said = {};
for (const [key, type] of Object.entries(all)) {
  if (typeof type !== 'function' || !(type.prototype instanceof Error)) continue;
  const error = new type('why', {});
  class Derived extends type { static name = 'Derived' }
  said[key] = { name: error.name, code: error.code, text: String(error).split(':')[0], own: new Derived('why', {}).name };
}
console.log(JSON.stringify(said));
`;

async function saidMinified(module: string): Promise<Record<string, Record<string, unknown>>> {
  const folder = mkdtempSync(join(tmpdir(), 'twinpool-minified-'));
  try {
    const input = join(folder, 'main.mjs');
    const dir = join(folder, 'out');
    writeFileSync(input, program(module));
    await build({
      input,
      platform: 'node',
      external: ['piscina', 'typescript'],
      output: { dir, format: 'esm', minify: true, entryFileNames: 'main.mjs' },
      logLevel: 'silent',
    });
    const { stdout, stderr } = spawnSync(process.execPath, [join(dir, 'main.mjs')], { encoding: 'utf8', timeout: 30_000 });
    expect(stderr).toBe('');
    return JSON.parse(stdout);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function errorsIn(module: object): [string, { readonly code?: string }][] {
  return Object.entries(module).filter(([, type]) => typeof type === 'function' && type.prototype instanceof Error);
}

test('[R49] in a minified bundle every error has its own name and code', async () => {
  const said = await saidMinified(fileURLToPath(import.meta.resolve('twinpool')));
  expect(Object.keys(said)).toHaveLength(errorsIn(root).length);
  for (const [key, type] of errorsIn(root)) {
    expect(said[key]).toMatchObject({ name: key, text: key, code: type.code, own: 'Derived' });
  }
});
