/**
 * Starts the thread of a lane. The only file that imports piscina.
 *
 * One Piscina per lane, of at most one thread and with no thread to keep (`minThreads: 0`): piscina starts, limits and ends the thread, the
 * lane decides when. Piscina starts it by a path beside its own file; where this package's worker is not a file, or piscina is not
 * installed (a bundle), a bare `Worker` runs the same program with the same options.
 *
 *   piscina   its worker.js requires the file and calls it with the set-up, as a task
 *   bare      the file, or its text, finds the set-up in `workerData`
 */

import process from 'node:process';
import type { Worker, WorkerOptions } from 'node:worker_threads';
import { createRequire } from '../primitives/create-require.ts';
import { OWN_URL } from '../primitives/own-files.ts';
import { SETUP, type ThreadSetup } from '../wire/cells.ts';
import { startingThreads } from '../worker/ownership.ts';
import { workerProgram } from './worker-program.ts';

export type ThreadWorkerOptions = Pick<WorkerOptions, 'env' | 'argv' | 'execArgv' | 'resourceLimits'>;

export interface StartedThread {
  readonly worker: Worker;
  /** Frees what holds the thread, once the thread is gone. */
  release(): void;
}

export interface ThreadListener {
  /** The thread cannot take its set-up. */
  failed(error: unknown): void;
  /** An error of the thread; its exit follows. */
  fault(error: unknown): void;
}

/** Throws when no thread can be made. */
export function startThread(setup: ThreadSetup, own: ThreadWorkerOptions, listener: ThreadListener): StartedThread {
  // A complete object without a prototype: nothing is ever read from a polluted Object.prototype.
  const options = Object.assign(Object.create(null) as ThreadWorkerOptions, own, {
    resourceLimits: Object.assign(Object.create(null), own.resourceLimits),
    trackUnmanagedFds: true,
  });
  const { file, text } = workerProgram();
  const library = file === undefined ? undefined : loadPiscina();
  const started =
    file === undefined || library === undefined
      ? startBare(file ?? text(), file === undefined, setup, options)
      : startByPiscina(library, file, setup, options, listener);
  started.worker.on('error', listener.fault);
  return started;
}

function startByPiscina(
  { Piscina }: typeof import('piscina'),
  filename: string,
  setup: ThreadSetup,
  options: ThreadWorkerOptions,
  { failed, fault }: ThreadListener,
): StartedThread {
  const piscina = new Piscina(
    Object.assign(Object.create(null), options, {
      filename,
      name: 'default',
      minThreads: 0,
      maxThreads: 1,
      idleTimeout: Number.POSITIVE_INFINITY,
      maxQueue: 1,
      concurrentTasksPerWorker: 1,
      atomics: 'disabled',
      recordTiming: false,
      workerHistogram: false,
    }),
  );
  // Without a listener an error of the thread would be thrown at the program.
  piscina.on('error', fault);
  const taskOptions = Object.assign(Object.create(null), { transferList: [setup.port] });
  startingThreads(() => piscina.run(setup, taskOptions)).catch(failed);
  const worker = piscina.threads[0];
  if (worker === undefined) throw new Error('piscina started no thread');
  // Its promise may wait for a stuck thread forever, so nothing waits for it.
  return { worker, release: () => void piscina.destroy().catch(() => undefined) };
}

function startBare(program: string, isText: boolean, setup: ThreadSetup, options: ThreadWorkerOptions): StartedThread {
  const all = Object.assign(Object.create(null) as WorkerOptions, options, {
    eval: isText,
    workerData: { [SETUP]: setup },
    transferList: [setup.port],
  });
  // Not imported: Turbopack takes the argument of an imported one for a module that it has to find.
  const threads = process.getBuiltinModule('node:worker_threads');
  const worker = startingThreads(() => new threads.Worker(program, all));
  // As piscina does: the lane's port keeps the program alive while it must be.
  worker.unref();
  return { worker, release: () => undefined };
}

/** By `require`: it takes a third of the time that `import` takes, and a load that failed is tried again with the next thread. */
function loadPiscina(): typeof import('piscina') | undefined {
  try {
    return createRequire(OWN_URL)('piscina') as typeof import('piscina');
  } catch (error) {
    // Also where no descriptor was free to read its manifest (Node 20): that thread is a bare one.
    if ((error as { readonly code?: unknown }).code !== 'MODULE_NOT_FOUND') throw error;
    return undefined;
  }
}
