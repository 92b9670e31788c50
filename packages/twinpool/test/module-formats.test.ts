/**
 * A program has one instance of each package, however it loads it: also where a loader compiles once more what is required (tsx), and where the CommonJS
 * build and the ES build meet. The CommonJS build, which loaders without ES modules take, works alone.
 */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, test } from '@twinpool/testkit/sample';
import { expect } from 'vitest';

const here = dirname(fileURLToPath(import.meta.url));
const DOORS = ['', '/pool', '/executor', '/adapters', '/core', '/worker', '/testing'].map((door) => `twinpool${door}`);

function run(program: string, flags: readonly string[] = []): unknown {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...flags, '--input-type=module', '-e', program], {
    cwd: here,
    encoding: 'utf8',
    timeout: 30_000,
  });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return JSON.parse(stdout);
}

/** Compares what `import` and `require` give, and lets a facade of each use a runtime of the other, and both catch an error of a worker. */
const COMPARE = `
const different = [];
for (const door of ${JSON.stringify(DOORS)}) {
  const [one, other] = order === 'import first' ? [await import(door), required(door)] : [required(door), await import(door)].reverse();
  for (const name of Object.keys(one)) if (!['default', 'module.exports'].includes(name) && one[name] !== other[name]) different.push(door + ' ' + name);
}
const sides = [await import('twinpool'), required('twinpool')];
const values = [];
for (const [made, used] of [sides, [...sides].reverse()]) {
  const runtime = new made.WorkerRuntime({ kind: 'thread', workers: 1 });
  const pool = new used.ThreadPool({ runtime });
  const executor = new used.ThreadPoolExecutor({ runtime });
  values.push(await pool.apply((x) => x + 1, [1]), await executor.submit((x) => x * 2, 4));
  values.push(await pool.apply(() => process.exit(3), []).catch((error) => error instanceof made.TwinpoolError && error instanceof used.WorkerLostError));
  values.push(made.asExecutor(pool) instanceof used.Executor);
  await runtime.close();
}
console.log(JSON.stringify({ different, values }));`;
const SAME = { different: [], values: [2, 8, true, true, 2, 8, true, true] };

const COMMONJS = `
import Module, { createRequire } from 'node:module';
// As Jest does in CommonJS: the condition \`require\` alone.
const resolve = Module._resolveFilename;
Module._resolveFilename = function (request, parent, ...rest) {
  const found = resolve.call(this, request, parent, ...rest);
  return /@twinpool[\\\\/]|packages[\\\\/]/.test(found) ? found.replace(/dist([\\\\/].*)\\.js$/, 'dist$1.cjs') : found;
};
const require = createRequire(${JSON.stringify(import.meta.url)});
`;
const REQUIRE = `
import { createRequire } from 'node:module';
const require = createRequire(${JSON.stringify(import.meta.url)});
`;

describe.each(['import first', 'require first'])(
  'import and require give the same classes, and a runtime of one serves the other: %s',
  (order) => {
    const before = `const order = ${JSON.stringify(order)};\nconst required = (door) => require(door);\n`;

    test('Node.js, where both are the same module', () => {
      const same = `for (const door of ${JSON.stringify(DOORS)}) if ((await import(door)) !== require(door)) throw new Error(door);`;
      expect(run(REQUIRE + before + COMPARE + same)).toEqual(SAME);
    });

    test('tsx, which compiles once more what is required', () => {
      const other = "if ((await import('twinpool')) === require('twinpool')) throw new Error('one module: this tests nothing');";
      expect(run(REQUIRE + before + COMPARE + other, ['--import', 'tsx'])).toEqual(SAME);
    });

    test('the ES build and the CommonJS build', () => {
      const other = "if (!require.resolve('twinpool').endsWith('.cjs')) throw new Error('not the CommonJS build');";
      expect(run(COMMONJS + before + COMPARE + other)).toEqual(SAME);
    });
  },
);

test('the identity of a worker is alive in every copy', () => {
  const program = `${REQUIRE}
const { ThreadPool } = await import('twinpool');
const pool = new ThreadPool(1);
const seen = await pool.apply(async (from) => {
  const { createRequire } = process.getBuiltinModule('node:module');
  const imported = await import('twinpool/worker');
  const required = createRequire(from)('twinpool/worker');
  return [imported.isWorker, required.isWorker, imported.workerIndex, required.workerIndex, imported.context().workerId, required.context().workerId, imported.context === required.context];
}, [${JSON.stringify(import.meta.url)}]);
pool.close();
await pool.join();
console.log(JSON.stringify(seen));`;
  expect(run(program, ['--import', 'tsx'])).toEqual([true, true, 0, 0, 1, 1, true]);
});

test('the CommonJS build has the same names, and runs tasks in threads and processes', () => {
  const file = join(dirname(createRequire(import.meta.url).resolve('twinpool/package.json')), 'dist/index.cjs');
  const program = `${COMMONJS}
const commonJs = require(${JSON.stringify(file)});
const results = [];
for (const AnyPool of [commonJs.ThreadPool, commonJs.Pool]) {
  results.push(await AnyPool.use({ processes: 1 }, (pool) => pool.map((x) => x * 2, [1, 2])));
}
const loaded = Object.keys(require.cache).filter((file) => /packages[\\\\/]\\w+[\\\\/]dist/.test(file) && !file.endsWith('.cjs'));
const built = await import('twinpool');
console.log(JSON.stringify({ names: Object.keys(commonJs).filter((name) => name !== 'default').sort(), expected: Object.keys(built).sort(), loaded, results }));`;
  const { names, expected, loaded, results } = run(program) as Record<string, unknown>;
  expect(names).toEqual(expected);
  expect(loaded).toEqual([]);
  expect(results).toEqual([
    [2, 4],
    [2, 4],
  ]);
});
