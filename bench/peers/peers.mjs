// Adapts each peer to one interface: `await open(task, argument)` returns `{ run(argument): Promise, close() }` after both workers have started.
// A peer is loaded only in the process that measures it.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { isExactJson } from '../harness/exact-json.mjs';
import { folderOf } from './given.mjs';
import { settings, WORKERS } from './settings.mjs';

const file = (name) => new URL(`../tasks/${name}`, import.meta.url);

/** Runs a few calls per worker, so that the first round does not include the start of the pool. */
async function ready(pool, argument) {
  await Promise.all(Array.from({ length: 4 * WORKERS }, () => pool.run(argument)));
  return pool;
}

export async function openPiscina(task, argument, atomics = 'sync') {
  const { Piscina } = await import('piscina');
  const pool = new Piscina({ filename: file('tasks.mjs').href, name: task, ...settings.piscina, atomics });
  const run = (value) => pool.run(value);
  const move = (value, transferList) => pool.run(value, { transferList });
  return ready({ run, move, close: () => pool.destroy() }, argument);
}

export async function openTinypool(task, argument, runtime) {
  const { Tinypool } = await import('tinypool');
  const pool = new Tinypool({ filename: file('tasks.mjs').href, name: task, runtime, ...settings.tinypool });
  return ready({ run: (value) => pool.run(value), close: () => pool.destroy() }, argument);
}

export async function openWorkerpool(task, argument, workerType) {
  const { default: workerpool } = await import('workerpool');
  const pool = workerpool.pool(file('workerpool-worker.mjs').pathname, { workerType, ...settings.workerpool });
  return ready({ run: (value) => pool.exec(task, [value]), close: () => pool.terminate() }, argument);
}

export async function openPoolifier(task, argument, kind, options = {}) {
  const { FixedClusterPool, FixedThreadPool } = await import('poolifier');
  const [Pool, worker] = kind === 'thread' ? [FixedThreadPool, 'poolifier-thread.mjs'] : [FixedClusterPool, 'poolifier-cluster.cjs'];
  const pool = new Pool(WORKERS, file(worker).pathname, { ...settings.poolifier, ...options });
  return ready({ run: (value) => pool.execute(value, task), close: () => pool.destroy() }, argument);
}

export async function openJestWorker(task, argument, kind) {
  const { Worker } = await import('jest-worker');
  const pool = new Worker(file('tasks.mjs').pathname, {
    enableWorkerThreads: kind === 'thread',
    exposedMethods: [task],
    ...settings['jest-worker'],
  });
  await pool.start();
  return ready({ run: (value) => pool[task](value), close: () => pool.end() }, argument);
}

/** From its TypeScript sources, which this Node must be able to run. */
export async function openKnitting(task, argument) {
  if (!process.features.typescript) throw new Error(`expected a Node that runs TypeScript (22.18 or newer), got ${process.version}`);
  const { createPool } = await import(pathToFileURL(`${folderOf('knitting')}/knitting.ts`).href);
  const { makePool } = await import('../tasks/knitting.mjs');
  const pool = makePool(createPool, settings.knitting);
  return ready({ run: (value) => pool.call[task](value), close: () => pool.shutdown() }, argument);
}

/** From a folder with its build and its own node_modules, which hold NestJS. */
export async function openNestworker(task, argument) {
  const load = createRequire(`${folderOf('nestworker')}/package.json`);
  load('reflect-metadata');
  const { Module } = load('@nestjs/common');
  const { NestFactory } = load('@nestjs/core');
  const { WorkerClass, WorkerModule, WorkerService, WorkerTask } = load('./dist/index.js');
  const { Tasks } = createRequire(import.meta.url)('../tasks/nestworker.cjs');
  WorkerTask()(Tasks.prototype, task);
  WorkerClass()(Tasks);
  class Program {}
  Module({ imports: [WorkerModule.forRoot(settings.nestworker)], providers: [Tasks] })(Program);
  const program = await NestFactory.createApplicationContext(Program, { logger: false });
  const workers = program.get(WorkerService);
  return ready({ run: (value) => workers.run('Tasks', task, [value]), close: () => program.close() }, argument);
}

/** Two threads and `postMessage`, without a pool: the calls go to the threads in turn. */
export async function openBareThreads(task, argument, workers = WORKERS) {
  const { Worker } = await import('node:worker_threads');
  const threads = Array.from({ length: workers }, () => new Worker(file('bare-thread.mjs'), { workerData: task }));
  return ready(
    inTurn(threads, (thread, message, transferList) => thread.postMessage(message, transferList)),
    argument,
  );
}

/** Two forked processes and their IPC channel, without a pool. */
export async function openBareFork(task, argument, serialization = 'json', workers = WORKERS) {
  const { fork } = await import('node:child_process');
  const children = Array.from({ length: workers }, () => fork(file('bare-process.mjs'), [task], { serialization }));
  return ready(
    inTurn(children, (child, message) => child.send(message)),
    argument,
  );
}

/** The same with JSON, where each side first checks that the value comes out of JSON as it went in. */
export async function openCheckedFork(task, argument) {
  const { fork } = await import('node:child_process');
  const children = Array.from({ length: WORKERS }, () => fork(file('bare-process.mjs'), [task, 'checked'], { serialization: 'json' }));
  const send = (child, message) => {
    if (!isExactJson(message)) throw new TypeError('expected a value that JSON keeps');
    child.send(message);
  };
  return ready(inTurn(children, send), argument);
}

/** A bare loop that sends a worker its next call only after the answer, so that waiting calls can be cancelled. It shows the price of that. */
export async function openNoneAhead(openOne) {
  const free = await Promise.all(Array.from({ length: WORKERS }, openOne));
  const all = [...free];
  const waiting = [];
  const next = () => {
    while (free.length > 0 && waiting.length > 0) {
      const worker = free.pop();
      const { value, resolve } = waiting.shift();
      worker.run(value).then((result) => {
        free.push(worker);
        resolve(result);
        next();
      });
    }
  };
  const run = (value) =>
    new Promise((resolve) => {
      waiting.push({ value, resolve });
      next();
    });
  return { run, close: () => all.map((worker) => worker.close()) };
}

/** No workers: promises that are settled one turn later. It shows the cost of the `await` alone. */
export function openPromises() {
  let waiting = [];
  const settle = () => {
    const settled = waiting;
    waiting = [];
    for (const { value, resolve } of settled) resolve(value + 1);
  };
  const run = (value) =>
    new Promise((resolve) => {
      if (waiting.push({ value, resolve }) === 1) setImmediate(settle);
    });
  return { run, close: () => {} };
}

function inTurn(workers, send) {
  const waiting = new Map();
  let last = 0;
  for (const worker of workers) {
    worker.on('message', ([id, value]) => {
      waiting.get(id)(value);
      waiting.delete(id);
    });
  }
  const move = (value, transferList) =>
    new Promise((resolve) => {
      const id = ++last;
      waiting.set(id, resolve);
      send(workers[id % workers.length], [id, value], transferList);
    });
  return {
    run: (value) => move(value),
    move,
    close: () => workers.map((worker) => ('disconnect' in worker ? worker.disconnect() : worker.terminate())),
  };
}
