// Compiles a program of both facades with every compiler and every `module` that users have, from the packed packages. Requires a build.
// Usage: node scripts/matrix-types.mjs [--only REGEXP] [--project FOLDER] [--write]
//   --only     the cells whose name matches: `typescript 5.9, commonjs`
//   --project  the scratch project: kept, and used as it is if it is installed
//   --write    puts the table into docs/loaders.md. Wants all cells
// A cell is right when the compiler has nothing to say of the program (`strict`, `declaration: true`, `skipLibCheck: false`), a second program compiles
// against the declarations that it wrote, and the JavaScript that it wrote runs with the right results.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { makeProject, writeFiles } from './scratch-project.mjs';
import { conclude, root, run } from './workspace.mjs';

const PAGE = `${root}docs/loaders.md`;
const LIMIT = 120_000;
const { values: options } = parseArgs({
  options: { only: { type: 'string', default: '' }, project: { type: 'string' }, write: { type: 'boolean', default: false } },
});

const COMPILERS = { 5.9: '5.9.3', '6.0': '6.0.3', '7.0': '7.0.2' };
/** The others use the types of the oldest Node.js that is supported. */
const NEWEST_TYPES = '26.6.11';
const NEWEST = 'newest-types';
const folderOf = (version) => `typescript-${version}`;

/** `type` is that of the program's package.json. Where `options` says no `moduleResolution`, it is what the compiler takes for that `module`. */
const SETTINGS = [
  { name: 'commonjs', type: 'commonjs', options: { module: 'commonjs' } },
  ...['node16', 'nodenext'].flatMap((module) => [
    { name: `${module}, ES module`, type: 'module', options: { module } },
    { name: `${module}, CommonJS`, type: 'commonjs', options: { module } },
  ]),
  { name: 'esnext, bundler', type: 'module', options: { module: 'esnext', moduleResolution: 'bundler' } },
];

const OPTIONS = {
  target: 'es2022',
  lib: ['es2023', 'esnext.disposable'],
  types: ['node'],
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: false,
  declaration: true,
  rootDir: '.',
  outDir: 'out',
};

const TASKS = `export function square(x: number): number {
  return x * x;
}
export async function lengthOf(text: string): Promise<number> {
  return text.length;
}
`;

const main = ({ type }, version) => `import { pathToFileURL } from 'node:url';
import {
  asCompleted, asExecutor, type AsyncResult, cpuCount, defineTask, type Future, isAbort, Pool, ProcessPoolExecutor, runInExecutor, type StandardSchema, taskRef, ThreadPool,
  ThreadPoolExecutor, TwinpoolError, wait, WorkerRuntime,
} from 'twinpool';
import { asPool } from 'twinpool/adapters';
import { TimeoutError } from 'twinpool/core';
import { FIRST_COMPLETED } from 'twinpool/executor';
import type { IMapIterator, PoolOptions } from 'twinpool/pool';
import { runWithContext } from 'twinpool/testing';
import { context, isWorker } from 'twinpool/worker';
import { lengthOf, square } from './tasks.js';

const url = ${type === 'module' ? "new URL('./tasks.js', import.meta.url)" : "pathToFileURL(__dirname + '/tasks.js')"};
void pathToFileURL;
export const refs = taskRef<typeof import('./tasks.js')>(url);
export const reference = taskRef<typeof lengthOf>(url, 'lengthOf');
const pair: StandardSchema<[w: number, h: number]> = { '~standard': { version: 1, vendor: 'cell', validate: (value: unknown) => ({ value: value as [number, number] }) } };
export const area = defineTask({ input: pair }, (w: number, h: number): number => w * h);
const settings: PoolOptions = { processes: 1, taskTimeout: undefined };

export async function main(): Promise<unknown[]> {
  const results: unknown[] = [];
  for (const AnyPool of [Pool, ThreadPool]) {
    await AnyPool.use(settings, async (pool) => {
      const squares: number[] = await pool.map(square, [1, 2]);
      const lengths: number[] = await pool.map(refs.lengthOf, ['abc']);
      const result: AsyncResult<number> = pool.applyAsync(reference, ['ab']);
      const iterator: IMapIterator<number> = pool.imap((x: number) => x + 1, [1]);
      for await (const value of iterator) results.push(value);
      results.push(squares, lengths, await result.get(30_000));
      results.push(await asExecutor(pool).submit(square, 4));
    });
  }
  const runtime = new WorkerRuntime({ kind: 'thread', workers: 1 });
  for (const executor of [new ProcessPoolExecutor(1), new ThreadPoolExecutor({ runtime })]) {
    const future: Future<number> = executor.submit(refs.square, 3);
    const { done } = await wait([future], { returnWhen: FIRST_COMPLETED });
    for await (const value of executor.map(square, [5])) results.push(value);
${version === '5.9' ? '' : '    for await (const finished of asCompleted([executor.submit(square, 6)])) results.push(await finished.result());\n'}    results.push(done.size, await future, await runInExecutor(executor, square, 7), await asPool(executor).apply(lengthOf, ['abcd']));
    await executor.shutdown();
  }
  await runtime.close();
  results.push(await runWithContext(() => context().workerIndex), isWorker, cpuCount() > 0, isAbort(new TimeoutError('x')), TwinpoolError.name, asCompleted.name);
  return results;
}

// The types are there: each of these is an error.
export const wrong = (pool: Pool, executor: ThreadPoolExecutor) => [
  // @ts-expect-error
  pool.map(square, ['a']),
  // @ts-expect-error
  executor.submit(refs.lengthOf, 1),
  // @ts-expect-error
  refs.cube,
  // @ts-expect-error
  area('a', 1),
  // @ts-expect-error
  new Pool({ worker: 1 }),
];
if (!isWorker) void main().then((results) => console.log(JSON.stringify(results)));
`;

const EXPECTED = (version) => {
  const ofPool = [2, [1, 4], [3], 2, 16];
  const ofExecutor = [25, ...(version === '5.9' ? [] : [36]), 1, 9, 49, 4];
  return [...ofPool, ...ofPool, ...ofExecutor, ...ofExecutor, 0, false, true, false, 'TwinpoolError', 'asCompleted'];
};

/** Uses the declarations that the compiler wrote of the program. */
const CONSUMER = `import type { Pool, ThreadPoolExecutor } from 'twinpool';
import { area, reference, refs } from './out/main.js';
export const use = (pool: Pool, executor: ThreadPoolExecutor) => {
  const squares: Promise<number[]> = pool.map(refs.square, [1]);
  const lengths: PromiseLike<number> = executor.submit(reference, 'abc');
  const areas: PromiseLike<number> = executor.submit(area, 1, 2);
  // @ts-expect-error
  executor.submit(reference, 1);
  return [squares, lengths, areas];
};
`;

const problems = [];
const project = options.project ?? mkdtempSync(join(tmpdir(), 'twinpool-types-'));
const rows = [];
let cells = 0;
try {
  if (!existsSync(join(project, 'node_modules'))) {
    const compilers = Object.entries(COMPILERS).map(([name, version]) => [folderOf(name), `npm:typescript@${version}`]);
    await makeProject(project, {
      dependencies: { '@types/node': '20', [NEWEST]: `npm:@types/node@${NEWEST_TYPES}`, ...Object.fromEntries(compilers) },
    });
  }
  for (const setting of SETTINGS) {
    const row = [];
    for (const version of Object.keys(COMPILERS)) {
      const name = `typescript ${version}, ${setting.name}`;
      if (!new RegExp(options.only).test(name)) continue;
      cells += 1;
      const problem = await cell(setting, version);
      if (problem !== undefined) problems.push(`${name}: ${problem}`);
      row.push(problem === undefined ? '✓' : '✗');
      console.log(`${name}: ${problem ?? 'ok'}`);
    }
    if (row.length > 0) rows.push(`| ${setting.name} | ${row.join(' | ')} |`);
  }
  const name = `@types/node ${NEWEST_TYPES}`;
  if (new RegExp(options.only).test(name)) {
    cells += 1;
    const types = join(project, NEWEST, 'node_modules/@types');
    mkdirSync(types, { recursive: true });
    if (!existsSync(join(types, 'node'))) symlinkSync(join(project, 'node_modules', NEWEST), join(types, 'node'));
    const problem = await cell(SETTINGS.at(-1), '7.0', NEWEST);
    if (problem !== undefined) problems.push(`${name}: ${problem}`);
    console.log(`${name}: ${problem ?? 'ok'}`);
  }
} finally {
  if (options.project === undefined) rmSync(project, { recursive: true, force: true });
}
const versions = Object.keys(COMPILERS);
const table = [
  `| \`module\` | ${versions.map((version) => `TypeScript ${version}`).join(' | ')} |`,
  `| --- |${versions.map(() => ' --- |').join('')}`,
  ...rows,
].join('\n');
console.log(`\n${table}\n`);
if (options.write) writePage();
conclude('types', problems, `${cells} cells`);

async function cell({ name, type, options: given }, version, parent = '.') {
  const folder = join(project, parent, `${version}-${name}`.replace(/\W+/g, '-'));
  const config = (files, more = {}) => JSON.stringify({ compilerOptions: { ...OPTIONS, ...given, ...more }, files });
  writeFiles(folder, {
    'package.json': JSON.stringify({ private: true, type }),
    'tsconfig.json': config(['main.ts']),
    'consumer.json': config(['consumer.ts'], { noEmit: true }),
    'tasks.ts': TASKS,
    'main.ts': main({ type }, version),
    'consumer.ts': CONSUMER,
  });
  for (const file of ['tsconfig.json', 'consumer.json']) {
    const { code, stdout, stderr } = await run(
      process.execPath,
      [join(project, 'node_modules', folderOf(version), 'bin/tsc'), '--pretty', 'false', '-p', join(folder, file)],
      { cwd: folder, limit: LIMIT },
    );
    if (code !== 0) return `${file}: ${`${stdout}${stderr}`.split('\n').slice(0, 4).join(' ')}`;
  }
  const { code, stdout, stderr } = await run(process.execPath, [join(folder, 'out/main.js')], { cwd: folder, limit: LIMIT });
  if (code !== 0 || stdout.trim() !== JSON.stringify(EXPECTED(version))) return `ran with ${code}: ${stdout}${stderr.slice(0, 500)}`;
  return undefined;
}

function writePage() {
  if (options.only !== '' || problems.length > 0) {
    problems.push('the page is written only for all cells, without a problem');
    return;
  }
  const [before, , after] = readFileSync(PAGE, 'utf8').split(/<!-- \/?types -->/);
  writeFileSync(PAGE, `${before}<!-- types -->\n\n${table}\n\n<!-- /types -->${after}`);
}
