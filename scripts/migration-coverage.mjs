// Builds the table of API names that the programs of packages/migrate/fixtures/ use, and reports the names that no program uses.
//
// Methods and options come from the built packages, so a new one is reported until a program uses it. A program uses a name if its text does.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { build } from 'rolldown';
import { root } from './workspace.mjs';

const TABLE = `${root}packages/migrate/fixtures/coverage.md`;
/** Names that programs do not use: for executors and their tests. */
const NOT_FOR_PROGRAMS = new Set(['constructor', 'setResult', 'setException', 'setRunningOrNotifyCancel', 'startMap']);

const POOL_HANDLE = ['get', 'wait', 'ready', 'successful', 'exception', 'cancel', 'then', 'catch', 'finally'];
const POOL_ITERATOR = ['next', 'return'];
const EXECUTOR_ITERATOR = ['next', 'return', 'toArray'];

const named = (name) => new RegExp(`\\b${name}\\b`);
const method = (name) => new RegExp(`\\.${name}(\\?\\.)?\\(`);
const option = (name) => new RegExp(`\\b${name}(:|,| \\}|\\()`);

/** Returns the problems. With `write` it writes the table; otherwise the table must be up to date. */
export async function coverage(programs, { write }) {
  const rows = [];
  const texts = programs.map(({ id, folder, files }) => ({
    id,
    text: files.map((file) => readFileSync(`${folder}/${file}`, 'utf8')).join('\n'),
  }));
  const users = (api, pattern) =>
    texts.filter(({ id, text }) => (id.startsWith(`${api}/`) || id.startsWith(`partly/${api}-`)) && pattern.test(text)).map(({ id }) => id);
  for (const [what, name, pattern, apis] of await features()) {
    rows.push({
      what,
      name,
      ...Object.fromEntries(['pool', 'executor'].map((api) => [api, apis.includes(api) ? users(api, pattern) : undefined])),
    });
  }
  const problems = rows.flatMap(({ what, name, pool, executor }) => [
    ...(pool?.length === 0 ? [`coverage: no program in pool style uses the ${what} ${name}`] : []),
    ...(executor?.length === 0 ? [`coverage: no program in executor style uses the ${what} ${name}`] : []),
  ]);
  const table = tableOf(rows);
  if (write) writeFileSync(TABLE, table);
  else if (!existsSync(TABLE) || readFileSync(TABLE, 'utf8') !== table)
    problems.push('coverage: coverage.md is not up to date: run with --write');
  console.log(
    `coverage: ${rows.length} names, ${rows.filter(({ pool }) => pool?.length > 0).length} from pool to executor, ${rows.filter(({ executor }) => executor?.length > 0).length} from executor to pool`,
  );
  return problems;
}

/** The schemas of all options, from core's sources: the build hides them in a chunk. */
async function optionSchemas() {
  const input = `${root}packages/core/src/options/schemas.ts`;
  const { output } = await build({ input, platform: 'node', tsconfig: false, write: false, output: { format: 'esm' } });
  return import(`data:text/javascript,${encodeURIComponent(output[0].code)}`);
}

async function features() {
  const twinpool = await import(new URL('../packages/twinpool/dist/index.js', import.meta.url).href);
  const schemas = await optionSchemas();
  const both = ['pool', 'executor'];
  const rows = [];
  const add = (what, names, pattern, apis) => {
    for (const name of names) rows.push([what, name, pattern(name), apis]);
  };

  add('class', ['Pool', 'ThreadPool'], (name) => new RegExp(`new (\\w+\\.)?${name}\\(|\\b${name}\\.use\\(`), ['pool']);
  add('class', ['ProcessPoolExecutor', 'ThreadPoolExecutor'], (name) => new RegExp(`new (\\w+\\.)?${name}\\(|\\b${name}\\.use\\(`), [
    'executor',
  ]);
  add('scope', ['await using'], named, both);
  add('scope', ['use'], method, both);
  add('method of a pool', methodsOf(twinpool.Pool), method, ['pool']);
  add('method of an executor', methodsOf(twinpool.ProcessPoolExecutor), method, ['executor']);
  add('method of an AsyncResult', POOL_HANDLE, method, ['pool']);
  add('method of a Future', methodsOf(twinpool.Future), method, ['executor']);
  add('method of an IMapIterator', POOL_ITERATOR, method, ['pool']);
  add('method of a ResultIterator', EXECUTOR_ITERATOR, method, ['executor']);
  add('function', ['wait', 'asCompleted'], (name) => new RegExp(`\\b${name}\\(`), ['executor']);
  add('constant', ['ALL_COMPLETED', 'FIRST_COMPLETED', 'FIRST_EXCEPTION'], named, ['executor']);
  add('option of a shutdown', ['wait', 'cancelFutures', 'timeout'], option, ['executor']);
  add('option of a pool', ['processes'], option, ['pool']);
  add('option of an executor', ['maxWorkers'], option, ['executor']);
  add('option', ['runtime', ...new Set([...Object.keys(schemas.worker), ...Object.keys(schemas.share)])], option, both);
  const calls = [...new Set([...Object.keys(schemas.call), ...Object.keys(schemas.map)])];
  const ofPools = ['callback', 'errorCallback', 'failFast', 'into', 'indexed'];
  add(
    'option of a call',
    calls.filter((name) => !ofPools.includes(name) && name !== 'timeout'),
    option,
    both,
  );
  add('option of a call', ofPools, option, ['pool']);
  add('option of a call', ['timeout', 'returnWhen'], option, ['executor']);
  add('task', ['taskRef', 'defineTask', 'transfer'], named, both);
  add('in a worker', ['context', 'isWorker'], named, ['pool']);
  add('runtime', ['WorkerRuntime'], named, both);
  const errors = Object.keys(twinpool).filter((name) => name.endsWith('Error'));
  const ofPool = ['PoolClosedError', 'PoolRunningError', 'PoolTerminatedError', 'NotReadyError', 'MaybeEncodingError'];
  const ofExecutor = ['ExecutorShutdownError', 'BrokenExecutorError', 'BrokenProcessPoolError', 'BrokenThreadPoolError'];
  add(
    'error',
    errors.filter((name) => ofPool.includes(name)),
    named,
    ['pool'],
  );
  add(
    'error',
    errors.filter((name) => ofExecutor.includes(name)),
    named,
    ['executor'],
  );
  add('error', ['isAbort', ...errors.filter((name) => !ofPool.includes(name) && !ofExecutor.includes(name))], named, both);
  return rows;
}

function methodsOf(type) {
  const names = new Set();
  for (let prototype = type.prototype; prototype !== Object.prototype; prototype = Object.getPrototypeOf(prototype)) {
    for (const name of Object.getOwnPropertyNames(prototype)) {
      const { value } = Object.getOwnPropertyDescriptor(prototype, name);
      if (typeof value === 'function' && !NOT_FOR_PROGRAMS.has(name)) names.add(name);
    }
  }
  return names;
}

function tableOf(rows) {
  const shown = (ids) => {
    if (ids === undefined) return '';
    const names = ids.slice(0, 3).map((id) => id.slice(id.indexOf('/') + 1));
    return `${ids.length}: ${names.join(', ')}${ids.length > 3 ? ', …' : ''}`;
  };
  const lines = rows.map(({ what, name, pool, executor }) => `| ${what} | \`${name}\` | ${shown(pool)} | ${shown(executor)} |`);
  return [
    '# API names in the programs',
    '',
    'Made by `node scripts/check-migrations.mjs --write`. Each cell shows the number of programs that use a name, and some of them. Each program is',
    'rewritten to the other API, type-checked and run. An empty cell: that API does not have the name.',
    '',
    '| | | from pool to executor | from executor to pool |',
    '| --- | --- | --- | --- |',
    ...lines,
    '',
  ].join('\n');
}
