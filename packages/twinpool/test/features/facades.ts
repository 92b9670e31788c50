/**
 * Opens the facades of both APIs in one form, so that the matrix of features can call them alike. It does not know the features.
 */
import type { Readable } from 'node:stream';
import {
  type ExecutorOptions,
  Pool,
  type PoolOptions,
  ProcessPoolExecutor,
  type RuntimeStats,
  ThreadPool,
  ThreadPoolExecutor,
} from 'twinpool';

export type Options = Omit<PoolOptions & ExecutorOptions, 'processes' | 'maxWorkers'>;

/** One facade. `workers` of them are started at most. */
export interface Facade {
  call<A extends unknown[], R>(fn: (...args: A) => R, args: A, options?: { signal?: AbortSignal }): Promise<Awaited<R>>;
  map<T, R>(fn: (item: T) => R, items: readonly T[]): Promise<Awaited<R>[]>;
  batches<T, R>(fn: (item: T) => R, items: readonly T[]): Promise<Awaited<R>[]>;
  /** `map` with options. Only pools have it: the options of an executor's `map` are others. */
  mapWith?<T, R>(fn: (item: T) => R, items: readonly T[], options: object): Promise<unknown>;
  broadcast<A extends unknown[], R>(fn: (...args: A) => R, args: A): Promise<Awaited<R>[]>;
  ready(): Promise<void>;
  waitForCapacity(limit?: number): Promise<void>;
  stats(): RuntimeStats;
  readonly stdout: Readable | undefined;
  close(): Promise<void>;
  terminate(): Promise<void>;
}

export type Open = (workers: number | undefined, options: Options) => Facade;

const pool =
  (Class: typeof Pool): Open =>
  (workers, options) => {
    const opened = new Class({ ...options, ...(workers === undefined ? {} : { processes: workers }) });
    const end = (how: 'close' | 'terminate') => {
      opened[how]();
      return opened.join();
    };
    return {
      call: (fn, args, more) => opened.apply(fn, args, more),
      map: (fn, items) => opened.map(fn, items),
      mapWith: (fn, items, options) => opened.map(fn, items, options),
      batches: async (fn, items) => {
        const results: Awaited<ReturnType<typeof fn>>[] = [];
        for await (const batch of opened.imap(fn, items).batches()) results.push(...batch);
        return results;
      },
      broadcast: (fn, args) => opened.broadcast(fn, args),
      ready: () => opened.ready(),
      waitForCapacity: (limit) => opened.waitForCapacity(limit),
      stats: () => opened.stats(),
      stdout: opened.stdout,
      close: () => end('close'),
      terminate: () => end('terminate'),
    };
  };

const executor =
  (Class: typeof ProcessPoolExecutor | typeof ThreadPoolExecutor): Open =>
  (workers, options) => {
    const opened = new Class({ ...options, ...(workers === undefined ? {} : { maxWorkers: workers }) });
    return {
      call: (fn, args, more = {}) => opened.withOptions(more).submit(fn, ...args),
      map: (fn, items) => opened.map(fn, items).toArray(),
      batches: async (fn, items) => {
        const results: Awaited<ReturnType<typeof fn>>[] = [];
        for await (const result of opened.map(fn, items)) results.push(result);
        return results;
      },
      broadcast: (fn, args) => opened.broadcast(fn, ...args),
      ready: () => opened.ready(),
      waitForCapacity: (limit) => opened.waitForCapacity(limit),
      stats: () => opened.stats(),
      stdout: opened.stdout,
      close: () => opened.shutdown(),
      terminate: () => opened.terminateWorkers(),
    };
  };

export const FACADES: readonly { name: string; kind: 'thread' | 'process'; isPool: boolean; open: Open }[] = [
  { name: 'Pool', kind: 'process', isPool: true, open: pool(Pool) },
  { name: 'ThreadPool', kind: 'thread', isPool: true, open: pool(ThreadPool) },
  { name: 'ProcessPoolExecutor', kind: 'process', isPool: false, open: executor(ProcessPoolExecutor) },
  { name: 'ThreadPoolExecutor', kind: 'thread', isPool: false, open: executor(ThreadPoolExecutor) },
];
