/**
 * Compares Python's names, parameters and their order with the declarations of both facades: no name of Python is missing, and every public
 * name is in a table.
 */
import * as executor from '@twinpool/executor';
import * as pool from '@twinpool/pool';
import { expect, test } from 'vitest';
import { declarationsOf, membersOf } from './declarations.ts';

interface Entry {
  /** As Python's documentation has it, without the defaults. */
  readonly python: string;
  /** Where it is declared, and all signatures it may have. */
  readonly on: string;
  readonly ours: string;
  /** The interface of its options, if it takes any. */
  readonly options?: string;
  /** Python's parameters that are not there, with the reason. */
  readonly without?: Readonly<Record<string, string>>;
  /** Rows of the conformance table. */
  readonly rows: string;
}

const NO_KEYWORDS = 'JavaScript has no keyword arguments';
const ONE_START = 'there is one way to start a worker';
/** Python's parameters that have another name here. */
const RENAMED: Readonly<Record<string, string>> = {
  func: 'fn',
  fs: 'futures',
  exception: 'error',
  result: 'value',
  maxtasksperchild: 'maxTasksPerChild',
};

const MAPPED = [
  '(fn, a, options?)',
  '(fn, a, b, options?)',
  '(fn, a, b, c, options?)',
  '(fn, a, b, c, d, options?)',
  '(fn, a, b, c, d, e, options?)',
];

const TABLE: readonly Entry[] = [
  {
    python: 'Pool(processes, initializer, initargs, maxtasksperchild, context)',
    on: 'Pool',
    ours: 'constructor(processes?)',
    options: 'PoolOptions',
    without: { context: ONE_START },
    rows: '[P-NEW-1]',
  },
  {
    python: 'Pool.apply(func, args, kwds)',
    on: 'Pool',
    ours: 'apply(fn, args?, options?)',
    without: { kwds: NO_KEYWORDS },
    rows: '[P-APP-1]',
  },
  {
    python: 'Pool.apply_async(func, args, kwds, callback, error_callback)',
    on: 'Pool',
    ours: 'applyAsync(fn, args?, options?)',
    options: 'AsyncOptions',
    without: { kwds: NO_KEYWORDS },
    rows: '[P-APP-2]',
  },
  {
    python: 'Pool.map(func, iterable, chunksize)',
    on: 'Pool',
    ours: 'map(fn, iterable, options?)',
    options: 'MapOptions',
    rows: '[P-MAP-1]',
  },
  {
    python: 'Pool.map_async(func, iterable, chunksize, callback, error_callback)',
    on: 'Pool',
    ours: 'mapAsync(fn, iterable, options?)',
    options: 'AsyncMapOptions',
    rows: '[P-MAP-1]',
  },
  {
    python: 'Pool.starmap(func, iterable, chunksize)',
    on: 'Pool',
    ours: 'starmap(fn, iterable, options?)',
    options: 'MapOptions',
    rows: '[P-MAP-1]',
  },
  {
    python: 'Pool.starmap_async(func, iterable, chunksize, callback, error_callback)',
    on: 'Pool',
    ours: 'starmapAsync(fn, iterable, options?)',
    options: 'AsyncMapOptions',
    rows: '[P-MAP-1]',
  },
  {
    python: 'Pool.imap(func, iterable, chunksize, buffersize)',
    on: 'Pool',
    ours: 'imap(fn, iterable, options?)',
    options: 'MapOptions',
    rows: '[I-1] [I-13]',
  },
  {
    python: 'Pool.imap_unordered(func, iterable, chunksize, buffersize)',
    on: 'Pool',
    ours: 'imapUnordered(fn, iterable, options?)',
    options: 'MapOptions',
    rows: '[I-1] [I-13]',
  },
  { python: 'Pool.close()', on: 'Pool', ours: 'close()', rows: '[P-LIFE-1]' },
  { python: 'Pool.terminate()', on: 'Pool', ours: 'terminate()', rows: '[P-LIFE-2]' },
  { python: 'Pool.join()', on: 'Pool', ours: 'join(timeout?)', rows: '[P-LIFE-4]' },
  { python: 'Pool.__exit__()', on: 'Pool', ours: '[Symbol.asyncDispose]()', rows: '[P-LIFE-6]' },
  {
    python: 'ThreadPool(processes, initializer, initargs)',
    on: 'ThreadPool',
    ours: 'constructor(processes?)',
    options: 'PoolOptions',
    rows: '[P-NEW-10]',
  },
  { python: 'AsyncResult.get(timeout)', on: 'AsyncResult', ours: 'get(timeout?)', rows: '[R-4]' },
  { python: 'AsyncResult.wait(timeout)', on: 'AsyncResult', ours: 'wait(timeout?)', rows: '[R-3]' },
  { python: 'AsyncResult.ready()', on: 'AsyncResult', ours: 'ready()', rows: '[R-1]' },
  { python: 'AsyncResult.successful()', on: 'AsyncResult', ours: 'successful()', rows: '[R-2]' },
  { python: 'IMapIterator.next(timeout)', on: 'IMapIterator', ours: 'next(timeout?)', rows: '[I-4]' },
  { python: 'IMapIterator.__iter__()', on: 'IMapIterator', ours: '[Symbol.asyncIterator]()', rows: '[I-3]' },
  {
    python: 'Executor.submit(fn, *args, **kwargs)',
    on: 'Executor',
    ours: 'submit(fn, ...args)',
    without: { kwargs: NO_KEYWORDS },
    rows: '[X-2]',
  },
  {
    python: 'Executor.map(fn, *iterables, timeout, chunksize, buffersize)',
    on: 'Executor',
    ours: `map${MAPPED.join(' ')}`,
    options: 'ExecutorMapOptions',
    without: { iterables: 'each input has a type of its own, so they are a, b, c, d and e' },
    rows: '[X-5]',
  },
  {
    python: 'Executor.shutdown(wait, cancel_futures)',
    on: 'Executor',
    ours: 'shutdown(_options?)',
    options: 'ShutdownOptions',
    rows: '[X-17]',
  },
  { python: 'Executor.__exit__()', on: 'Executor', ours: '[Symbol.asyncDispose]()', rows: '[X-20]' },
  {
    python: 'ThreadPoolExecutor(max_workers, thread_name_prefix, initializer, initargs)',
    on: 'ThreadPoolExecutor',
    ours: 'constructor(options?)',
    options: 'ExecutorOptions',
    rows: '[T-1]',
  },
  {
    python: 'ProcessPoolExecutor(max_workers, mp_context, initializer, initargs, max_tasks_per_child)',
    on: 'ProcessPoolExecutor',
    ours: 'constructor(options?)',
    options: 'ExecutorOptions',
    without: { mp_context: ONE_START },
    rows: '[E-1]',
  },
  { python: 'ProcessPoolExecutor.terminate_workers()', on: 'ProcessPoolExecutor', ours: 'terminateWorkers()', rows: '[E-17]' },
  { python: 'ProcessPoolExecutor.kill_workers()', on: 'ProcessPoolExecutor', ours: 'killWorkers()', rows: '[E-17]' },
  { python: 'Future.cancel()', on: 'Future', ours: 'cancel()', rows: '[F-1]' },
  { python: 'Future.cancelled()', on: 'Future', ours: 'cancelled()', rows: '[F-3]' },
  { python: 'Future.running()', on: 'Future', ours: 'running()', rows: '[F-3]' },
  { python: 'Future.done()', on: 'Future', ours: 'done()', rows: '[F-3]' },
  { python: 'Future.result(timeout)', on: 'Future', ours: 'result(timeout?)', rows: '[F-5]' },
  { python: 'Future.exception(timeout)', on: 'Future', ours: 'exception(timeout?)', rows: '[F-6]' },
  { python: 'Future.add_done_callback(fn)', on: 'Future', ours: 'addDoneCallback(fn)', rows: '[F-7]' },
  { python: 'Future.set_running_or_notify_cancel()', on: 'Future', ours: 'setRunningOrNotifyCancel()', rows: '[F-11]' },
  { python: 'Future.set_result(result)', on: 'Future', ours: 'setResult(value)', rows: '[F-12]' },
  { python: 'Future.set_exception(exception)', on: 'Future', ours: 'setException(error)', rows: '[F-12]' },
  { python: 'wait(fs, timeout, return_when)', on: 'wait', ours: 'wait(futures, options?)', options: 'WaitOptions', rows: '[W-1]' },
  {
    python: 'as_completed(fs, timeout)',
    on: 'asCompleted',
    ours: 'asCompleted(futures, options?)',
    options: 'AsCompletedOptions',
    rows: '[C-AC-1]',
  },
];

/** What is public and not Python's, by class; `then` and the like are a promise's, `return` and the like an iterator's. */
const BESIDES: Readonly<Record<string, readonly string[]>> = {
  Pool: ['broadcast', 'static use', 'ready', 'stats', 'stderr', 'stdout', 'waitForCapacity', 'withOptions'],
  AsyncResult: ['cancel', 'exception'],
  IMapIterator: ['batches', 'constructor', 'return', 'settled', 'throw', 'toArray', '[Symbol.asyncDispose]'],
  Executor: ['broadcast', 'killWorkers', 'static use', 'terminateWorkers', 'withOptions'],
  ProcessPoolExecutor: [
    'broadcast',
    'constructor',
    'map',
    'ready',
    'shutdown',
    'static use',
    'stats',
    'stderr',
    'stdout',
    'submit',
    'waitForCapacity',
    'withOptions',
    '[Symbol.asyncDispose]',
  ],
  Future: ['catch', 'exceptionNow', 'finally', 'outcome', 'resultNow', 'then', '[Symbol.toStringTag]'],
  MapResult: ['cancel', 'exception', 'get', 'ready', 'settled', 'successful', 'wait'],
  ResultIterator: [
    'constructor',
    'next',
    'return',
    'settled',
    'toArray',
    '[Symbol.asyncDispose]',
    '[Symbol.asyncIterator]',
    '[Symbol.toStringTag]',
  ],
  FutureIterator: ['next', 'return', '[Symbol.asyncIterator]'],
};

const declared = declarationsOf(['@twinpool/core', '@twinpool/pool', '@twinpool/executor']);

const camelCase = (name: string): string => name.replace(/(?<=[a-z])_([a-z])/g, (_, letter: string) => letter.toUpperCase());

function partsOf(python: string): { name: string; parameters: string[] } {
  const [, name = '', list = ''] = /^(?:\w+\.)?(\w+)\((.*)\)$/.exec(python) ?? [];
  return { name, parameters: list.split(', ').filter((parameter) => parameter !== '') };
}

for (const { python, on, ours, options, without = {}, rows } of TABLE) {
  test(`${python} is ${ours} of ${on} ${rows}`, () => {
    const { name, parameters } = partsOf(python);
    const [, ourName = '', ourSignatures = ''] = /^([^(]+)(\(.*\))$/.exec(ours) ?? [];
    if (!name.startsWith('__') && ourName !== 'constructor') expect(ourName).toBe(camelCase(name));

    const signatures = membersOf(on, declared).get(ourName);
    // A further overload, with the options required, types what one option changes.
    const usual = [...(signatures ?? [])].filter((signature) => signature !== '(fn, iterable, options)');
    expect(usual.join(' ')).toBe(ourSignatures);

    // What is Python's is a parameter, or an option; those that are parameters keep their order.
    const taken = [...ourSignatures.matchAll(/[\w.]+/g)].map(([parameter]) => parameter.replace('...', ''));
    const optional = options === undefined ? [] : [...membersOf(options, declared).keys()];
    expect(options === undefined || optional.length > 0).toBe(true);
    const wanted = parameters
      .map((parameter) => parameter.replaceAll('*', ''))
      .filter((parameter) => !(parameter in without))
      .map((parameter) => RENAMED[parameter] ?? camelCase(parameter));
    expect(wanted.filter((parameter) => !taken.includes(parameter) && !optional.includes(parameter))).toEqual([]);
    const positional = wanted.filter((parameter) => taken.includes(parameter));
    expect(positional).toEqual([...positional].sort((a, b) => taken.indexOf(a) - taken.indexOf(b)));
  });
}

test.each(Object.entries(BESIDES))('%s has nothing else that is public', (type, besides) => {
  const listed = TABLE.filter(({ on }) => on === type).map(({ ours }) => /^[^(]+/.exec(ours)?.[0] ?? '');
  expect([...membersOf(type, declared).keys()].sort()).toEqual([...new Set([...listed, ...besides])].sort());
});

test('what concurrent.futures exports is exported by the executor [EX-3] [B-208]', () => {
  const constants = ['FIRST_COMPLETED', 'FIRST_EXCEPTION', 'ALL_COMPLETED'];
  const errors = ['CancelledError', 'TimeoutError', 'InvalidStateError', 'BrokenExecutorError'];
  const classes = ['Future', 'Executor', 'ProcessPoolExecutor', 'ThreadPoolExecutor'];
  for (const name of [...constants, ...errors, ...classes, 'wait', 'asCompleted']) expect(executor).toHaveProperty(name);
  // Of the submodules.
  for (const name of ['BrokenProcessPoolError', 'BrokenThreadPoolError']) expect(executor).toHaveProperty(name);
});

test('what multiprocessing.pool has is exported by the pool, its types by name, and one TimeoutError by both [P-NEW-12] [EX-2]', () => {
  for (const name of ['Pool', 'ThreadPool', 'TimeoutError', 'MaybeEncodingError']) expect(pool).toHaveProperty(name);
  for (const name of ['AsyncResult', 'IMapIterator']) expect(declared.has(name)).toBe(true);
  expect(pool.TimeoutError).toBe(executor.TimeoutError);
});

test('the hierarchy of errors [EX-1] [EX-2]', () => {
  expect(executor.BrokenProcessPoolError.prototype).toBeInstanceOf(executor.BrokenExecutorError);
  expect(executor.BrokenThreadPoolError.prototype).toBeInstanceOf(executor.BrokenExecutorError);
  for (const type of [executor.CancelledError, executor.InvalidStateError, executor.TimeoutError, executor.BrokenExecutorError]) {
    expect(type.prototype).toBeInstanceOf(executor.TwinpoolError);
  }
});
