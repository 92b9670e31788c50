/** A program has one instance of each package, however it loads it; the CommonJS build, which loaders without ES modules take, works alone. */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const here = dirname(fileURLToPath(import.meta.url));
const DOORS = ['twinpool', 'twinpool/pool', 'twinpool/executor', 'twinpool/adapters', 'twinpool/core', 'twinpool/worker'];

function run(program: string): unknown {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    cwd: here,
    encoding: 'utf8',
    timeout: 30_000,
  });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return JSON.parse(stdout);
}

test('import and require give the same classes, and a runtime of one serves the other', () => {
  const program = `
import { createRequire } from 'node:module';
const require = createRequire(${JSON.stringify(import.meta.url)});
const same = {};
for (const door of ${JSON.stringify(DOORS)}) same[door] = (await import(door)) === require(door);
const { WorkerRuntime } = await import('twinpool');
const { ThreadPool, isAbort } = require('twinpool');
const runtime = new WorkerRuntime({ kind: 'thread', workers: 1 });
const pool = new ThreadPool({ runtime });
const value = await pool.apply((x) => x + 1, [1]);
await runtime.close();
console.log(JSON.stringify({ same, value }));`;
  expect(run(program)).toEqual({ same: Object.fromEntries(DOORS.map((door) => [door, true])), value: 2 });
});

test('the CommonJS build has the same names, and runs tasks in threads and processes', () => {
  const file = join(dirname(createRequire(import.meta.url).resolve('twinpool/package.json')), 'dist/index.cjs');
  const program = `
import Module, { createRequire } from 'node:module';
import * as built from 'twinpool';
// As Jest does in CommonJS: the condition \`require\` alone.
const resolve = Module._resolveFilename;
Module._resolveFilename = function (request, parent, ...rest) {
  const found = resolve.call(this, request, parent, ...rest);
  return /@twinpool[\\\\/]|packages[\\\\/]/.test(found) ? found.replace(/dist([\\\\/].*)\\.js$/, 'dist$1.cjs') : found;
};
const commonJs = createRequire(${JSON.stringify(import.meta.url)})(${JSON.stringify(file)});
const results = [];
for (const AnyPool of [commonJs.ThreadPool, commonJs.Pool]) {
  results.push(await AnyPool.use({ processes: 1 }, (pool) => pool.map((x) => x * 2, [1, 2])));
}
const isOther = commonJs.Pool !== built.Pool;
console.log(JSON.stringify({ names: Object.keys(commonJs).filter((name) => name !== 'default').sort(), expected: Object.keys(built).sort(), isOther, results }));`;
  const { names, expected, isOther, results } = run(program) as Record<string, unknown>;
  expect(names).toEqual(expected);
  expect(isOther).toBe(true);
  expect(results).toEqual([
    [2, 4],
    [2, 4],
  ]);
});
