/**
 * Tests that a worker loads CommonJS TypeScript with the hooks of `require` that the program has: of ts-node, and of packages whose module
 * installs a hook when it is required. The hooks are small ones of the test, laid where the packages have theirs; `npm run matrix:loaders`
 * runs the real ones.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, test } from '@twinpool/testkit/sample';
import { expect, onTestFinished } from 'vitest';

const PATIENCE = 60_000;
const TWINPOOL = fileURLToPath(new URL('../..', import.meta.url));

/** Compiles two pieces of syntax that no Node strips, and writes down in which thread of which process it compiled what. */
const HOOK = `
const { appendFileSync, readFileSync } = require('node:fs');
const { basename, join } = require('node:path');
const { isMainThread } = require('node:worker_threads');
let installed = 0;
exports.install = (name) => {
  installed += 1;
  require.extensions['.ts'] = (module, file) => {
    const source = readFileSync(file, 'utf8').replace('@enum', 'const Colour = { Green: 1 };').replaceAll(': number', '');
    appendFileSync(join(__dirname, 'log'), [name, basename(file), process.env.MAIN === String(process.pid) && isMainThread ? 'program' : 'worker', installed].join(' ') + '\\n');
    module._compile(source, file);
  };
};
`;
const REGISTER = {
  'node_modules/esbuild-register/register.js': "require('./dist/node.js').register();",
  'node_modules/esbuild-register/dist/node.js': "exports.register = () => require('../../../hook.cjs').install('register');",
};
const TS_NODE = `
const INSTANCE = Symbol.for('ts-node.register.instance');
exports.register = (options) => {
  process[INSTANCE] = { options: { ...options, transformers: () => {} } };
  require('../../../hook.cjs').install(options.name);
};
`;
const TASKS = `
const { FACTOR } = require('./helper');
@enum
exports.times = (x: number) => x * FACTOR * Colour.Green;
class Shape { static sides(n: number) { return n * FACTOR; } }
exports.Shape = Shape;
`;
const main = (install: string): string => `
process.env.MAIN = String(process.pid);
${install}
const { ProcessPoolExecutor, taskRef, ThreadPoolExecutor } = require('twinpool');
const { pathToFileURL } = require('node:url');
const { join } = require('node:path');
const tasks = require('./tasks.ts');
const other = pathToFileURL(join(__dirname, 'other.ts'));
(async () => {
  const results = [];
  for (const Executor of [ProcessPoolExecutor, ThreadPoolExecutor]) {
    const executor = new Executor({ maxWorkers: 1, initializer: tasks.times, initargs: [1] });
    results.push(await Promise.all([executor.submit(tasks.times, 2), executor.submit(tasks.Shape.sides, 3), executor.submit(taskRef(other, 'times'), 4)]));
    await executor.shutdown();
  }
  console.log(JSON.stringify(results));
})();
`;

function projectOf(files: Readonly<Record<string, string>>): string {
  const project = realpathSync(mkdtempSync(join(tmpdir(), 'twinpool-hooks-')));
  onTestFinished(() => rmSync(project, { recursive: true }));
  const all = { 'hook.cjs': HOOK, 'helper.ts': 'exports.FACTOR = 7;', 'tasks.ts': TASKS, 'other.ts': TASKS, ...files };
  for (const [path, text] of Object.entries(all)) {
    mkdirSync(dirname(join(project, path)), { recursive: true });
    writeFileSync(join(project, path), text);
  }
  symlinkSync(TWINPOOL, join(project, 'node_modules/twinpool'), 'dir');
  return project;
}

function ran(project: string, flags: readonly string[] = []): { results: unknown; log: Set<string> } {
  const printed = execFileSync(process.execPath, [...flags, 'main.cjs'], { cwd: project, encoding: 'utf8', timeout: PATIENCE });
  const log = execFileSync('cat', ['log'], { cwd: project, encoding: 'utf8' });
  return { results: JSON.parse(printed), log: new Set(log.trim().split('\n')) };
}

const RESULTS = [
  [14, 21, 28],
  [14, 21, 28],
];
const compiledBy = (name: string): string[] => [
  `${name} tasks.ts program 1`,
  `${name} helper.ts program 1`,
  `${name} tasks.ts worker 1`,
  `${name} helper.ts worker 1`,
  `${name} other.ts worker 1`,
];

describe.each(['{}', '{ "type": "commonjs" }'])('in a package with %s', (manifest) => {
  test('a hook that the program installed while it ran', () => {
    const project = projectOf({
      'package.json': manifest,
      'main.cjs': main("require('esbuild-register/register.js');"),
      ...REGISTER,
    });
    expect(ran(project)).toEqual({ results: RESULTS, log: new Set(compiledBy('register')) });
  });

  test('a hook that came as a flag is installed once', () => {
    const project = projectOf({
      'package.json': manifest,
      'main.cjs': main(''),
      ...REGISTER,
    });
    expect(ran(project, ['-r', 'esbuild-register/register.js'])).toEqual({ results: RESULTS, log: new Set(compiledBy('register')) });
  });

  test('a hook of a module that only exports `register`', () => {
    const project = projectOf({
      'package.json': manifest,
      'main.cjs': main("require('esbuild-register/dist/node.js').register();"),
      ...REGISTER,
    });
    expect(ran(project)).toEqual({ results: RESULTS, log: new Set(compiledBy('register')) });
  });

  test('ts-node, with the options of the program', () => {
    const project = projectOf({
      'package.json': manifest,
      'main.cjs': main("require('ts-node').register({ name: 'mine' });"),
      'node_modules/ts-node/package.json': '{ "name": "ts-node", "main": "dist/index.js" }',
      'node_modules/ts-node/dist/index.js': TS_NODE,
    });
    expect(ran(project)).toEqual({ results: RESULTS, log: new Set(compiledBy('mine')) });
  });
});

test('an error of a module that a hook compiles is the cause as the hook gave it', () => {
  const project = projectOf({
    'package.json': '{}',
    'main.cjs': `
      require('esbuild-register/register.js');
      const { ThreadPoolExecutor, taskRef } = require('twinpool');
      const broken = taskRef(require('node:url').pathToFileURL(__dirname + '/broken.ts'), 'x');
      ThreadPoolExecutor.use(1, (executor) => executor.submit(broken)).catch(({ code, message }) => console.log(JSON.stringify([code, message.includes("Cannot find module './nowhere'")])));
    `,
    'broken.ts': "require('./nowhere');",
    ...REGISTER,
  });
  expect(ran(project).results).toEqual(['ERR_TWINPOOL_TASK_MODULE', true]);
});
