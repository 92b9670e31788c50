/** A function of the entry of a bundle, passed while the entry is being evaluated: refused with what helps, because its worker would run the program again. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, it } from '@twinpool/testkit/sample';
import { build } from 'rolldown';
import { expect } from 'vitest';

const module = fileURLToPath(import.meta.resolve('twinpool'));

const program = (guard: string, after: string) => `
import { basename } from 'node:path';
import { defineTask, isWorker, Pool, ThreadPool } from ${JSON.stringify(module)};
const FACTOR = 3;
const any = { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) } };
export function scale(x) { return x * FACTOR + basename('/a/bc').length; }
export const area = defineTask({ input: any, output: any }, (w) => w * FACTOR);
async function main() {
  const outcomes = [];
  for (const AnyPool of [ThreadPool, Pool]) {
    const pool = new AnyPool(1);
    for (const task of [scale, area]) outcomes.push(await pool.apply(task, [5]).catch((error) => error.name + ': ' + error.message));
    pool.terminate();
    await pool.join();
  }
  console.log(JSON.stringify(outcomes));
}
if (${guard}) await main()${after};
`;

async function outcomesOf(text: string, options: { minify?: boolean; external?: RegExp[] }): Promise<unknown[]> {
  const folder = mkdtempSync(join(tmpdir(), 'twinpool-entry-'));
  try {
    const input = join(folder, 'main.js');
    writeFileSync(input, text);
    await build({
      input,
      platform: 'node',
      external: options.external ?? ['piscina'],
      output: { dir: join(folder, 'out'), format: 'esm', minify: options.minify === true, sourcemap: true, entryFileNames: 'main.mjs' },
      logLevel: 'silent',
    });
    const { stdout, stderr } = spawnSync(process.execPath, [join(folder, 'out/main.mjs')], { encoding: 'utf8', timeout: 30_000 });
    expect(stderr).toBe('');
    return JSON.parse(stdout);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const CURES = /bundled.*`@twinpool\/unplugin`.*`taskRef\(.*external/;

describe.each([
  ['twinpool inside', {}],
  ['twinpool inside, minified', { minify: true }],
])('%s', (_, options) => {
  it.each([
    ['ends', ''],
    // What the entry does in a worker once it was refused a pool.
    ['never ends in a worker', '.catch(() => new Promise(() => setInterval(() => 0, 1000)))'],
  ])('an entry that %s', async (_what, after) => {
    const outcomes = await outcomesOf(program('true', after), options);
    expect(outcomes).toHaveLength(4);
    for (const [at, outcome] of outcomes.entries()) {
      expect(outcome).toMatch(/^TaskSerializationError: .*entry of the program/);
      expect(outcome).toMatch(CURES);
      expect(outcome).toContain(at % 2 === 0 ? '`scale`' : '`area`');
    }
  });

  it('an entry that is guarded', async () => {
    expect(await outcomesOf(program('!isWorker', ''), options)).toEqual([17, 15, 17, 15]);
  });
});
