/**
 * The workers of `twinpool map`: a pool or an executor, of processes or threads, behind the calls that the command needs.
 *
 * Invariant: a call of `run` is one task, whose worker has loaded the function before it (`prepare`). What tasks print goes to `print`.
 * This file does not know records and their order.
 */
import { TwinpoolError, taskRef } from '@twinpool/core';
import type { BlockCall, BlockReport, BlockResult, FunctionPlace } from './block-messages.ts';
import { expressionTask, findModule } from './function-place.ts';
import type { MapOptions } from './map-options.ts';
import { Misuse, messageOf } from './misuse.ts';

/** Next to the chunk of this code: scripts/bundle.mjs puts all chunks into one folder. */
const WORKER_MODULE = new URL('./command/map-records.js', import.meta.url);
const { prepare, check, mapRecords } = taskRef<typeof import('./map-records.ts')>(WORKER_MODULE);

type Task = (...args: unknown[]) => unknown;

interface Facade {
  /** Runs a task with the limits of the user, or without them. */
  call(task: Task, args: unknown[], isLimited: boolean): PromiseLike<unknown>;
  /** Ends accepted tasks, or lets them finish. */
  end(isNow: boolean): Promise<unknown>;
  /** What the workers print; absent where tasks run in this thread. */
  readonly outputs: readonly (NodeJS.ReadableStream | undefined)[];
}

export class MapWorkers {
  readonly #facade: Facade;
  readonly #run: Task;
  readonly #check: Task;

  constructor(facade: Facade, run: Task, checkTask: Task) {
    this.#facade = facade;
    this.#run = run;
    this.#check = checkTask;
  }

  static async start(
    options: MapOptions,
    cwd: string,
    onReport: (report: BlockReport) => void,
    print: (text: Uint8Array) => void,
  ): Promise<MapWorkers> {
    const { fn, format } = options;
    const place: FunctionPlace = { format, ...('module' in fn ? findModule(fn.module, cwd) : {}) };
    const tasks =
      'module' in fn
        ? [mapRecords, check]
        : [expressionTask(fn.expression, 'mapRecords', cwd), expressionTask(fn.expression, 'check', cwd)];
    const facade = await facadeOf(options, place, onReport).catch((error: unknown) => {
      throw error instanceof TwinpoolError ? new Misuse(error.message) : error;
    });
    for (const output of facade.outputs) output?.on('data', print);
    return new MapWorkers(facade, tasks[0] as Task, tasks[1] as Task);
  }

  /** Loads the function in a worker. Rejects with a Misuse if it cannot be called. */
  async check(): Promise<void> {
    let found: unknown;
    try {
      found = await this.#facade.call(this.#check, [], false);
    } catch (error) {
      throw new Misuse(`the function cannot be used: ${messageOf(error)}${causeOf(error)}`);
    }
    if (found !== undefined) throw new Misuse(String(found));
  }

  run(block: BlockCall): PromiseLike<BlockResult> {
    return this.#facade.call(this.#run, [block], true) as PromiseLike<BlockResult>;
  }

  async end(isNow: boolean): Promise<void> {
    await this.#facade.end(isNow);
  }
}

function causeOf(error: unknown): string {
  const { cause } = error as Error;
  return cause instanceof Error ? ` (${cause.message})` : '';
}

async function facadeOf(options: MapOptions, place: FunctionPlace, onReport: (report: BlockReport) => void): Promise<Facade> {
  const { kind, api, workers, taskTimeout, retries } = options;
  const shared = {
    initializer: prepare,
    initargs: [place] as [FunctionPlace],
    stdio: 'pipe' as const,
    name: 'map',
    unobservedErrors: 'ignore' as const,
    ...(retries > 0 ? { onWorkerLoss: 'retry' as const, retries } : {}),
  };
  const calls = { onReport: (value: unknown) => onReport(value as BlockReport), taskTimeout };
  if (api === 'pool') {
    const { Pool, ThreadPool } = await import('@twinpool/pool');
    const pool = new (kind === 'thread' ? ThreadPool : Pool)({ ...shared, processes: workers });
    const view = pool.withOptions(calls);
    return {
      call: (task, args, isLimited) => (isLimited ? view : pool).applyAsync(task, args),
      end: (isNow) => {
        if (isNow) pool.terminate();
        else pool.close();
        return pool.join();
      },
      outputs: [pool.stdout, pool.stderr],
    };
  }
  const { ProcessPoolExecutor, ThreadPoolExecutor } = await import('@twinpool/executor');
  const executor = new (kind === 'thread' ? ThreadPoolExecutor : ProcessPoolExecutor)({ ...shared, maxWorkers: workers });
  const view = executor.withOptions(calls);
  return {
    call: (task, args, isLimited) => (isLimited ? view : executor).submit(task, ...args),
    end: (isNow) => (isNow ? executor.terminateWorkers() : executor.shutdown()),
    outputs: [executor.stdout, executor.stderr],
  };
}
