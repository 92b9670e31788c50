/** Adapts the four classes to one interface, so that a table can cover all four. It adds no behaviour. */
import { Pool, ProcessPoolExecutor, type RuntimeStats, type Task, ThreadPool, ThreadPoolExecutor } from 'twinpool';

export const NAMES = ['Pool', 'ThreadPool', 'ProcessPoolExecutor', 'ThreadPoolExecutor'] as const;
export type FaceName = (typeof NAMES)[number];

export interface Wish {
  readonly taskTimeout?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly priority?: number | undefined;
  /** Called once, when it is done. */
  readonly whenDone?: (() => void) | undefined;
}

export interface Handle {
  /** The outcome; asking for it observes it. */
  readonly outcome: () => Promise<unknown>;
  readonly cancel: () => boolean;
  readonly isDone: () => boolean;
}

export interface Face {
  readonly name: FaceName;
  readonly api: 'pool' | 'executor';
  readonly kind: 'process' | 'thread';
  /** The facade itself. */
  readonly facade: Pool | ProcessPoolExecutor | ThreadPoolExecutor;
  submit(task: AnyTask, args: readonly unknown[], wish?: Wish): Handle;
  map(task: AnyTask, items: readonly unknown[], wish?: Wish): Promise<unknown[]>;
  /** No new work; resolves when it is over. */
  close(): Promise<void>;
  /** The same, and what waits is cancelled, where the API has that. */
  closeAndCancel(): Promise<void>;
  /** Ends everything now. */
  terminate(): Promise<void>;
  kill(): Promise<void>;
  stats(): RuntimeStats;
}

export type AnyTask = Task<never[], unknown>;

interface Shape {
  readonly workers?: number;
  readonly [option: string]: unknown;
}

export function openFace(name: FaceName, { workers = 1, ...options }: Shape = {}): Face {
  return name.endsWith('Executor')
    ? ofExecutor(name, { maxWorkers: workers, ...options })
    : ofPool(name, { processes: workers, ...options });
}

export const kindOf = (name: FaceName): 'process' | 'thread' => (name.startsWith('Thread') ? 'thread' : 'process');

function ofPool(name: FaceName, options: object): Face {
  const pool = name === 'Pool' ? new Pool(options) : new ThreadPool(options);
  const join = () => pool.join();
  const end = () => {
    pool.terminate();
    return join();
  };
  return {
    name,
    api: 'pool',
    kind: kindOf(name),
    facade: pool,
    submit(task, args, { whenDone, ...wish } = {}) {
      const callbacks = whenDone === undefined ? {} : { callback: whenDone, errorCallback: whenDone };
      const result = pool.applyAsync(task as never, args as never, { ...wish, ...callbacks } as never);
      return { outcome: () => result.get(), cancel: () => result.cancel(), isDone: () => result.ready() };
    },
    map: (task, items, wish = {}) => pool.map(task as never, items as never[], wish),
    close() {
      pool.close();
      return join();
    },
    closeAndCancel() {
      pool.close();
      return join();
    },
    terminate: end,
    kill: () => pool[Symbol.asyncDispose](),
    stats: () => pool.stats(),
  };
}

function ofExecutor(name: FaceName, options: object): Face {
  const executor = name === 'ProcessPoolExecutor' ? new ProcessPoolExecutor(options) : new ThreadPoolExecutor(options);
  return {
    name,
    api: 'executor',
    kind: kindOf(name),
    facade: executor,
    submit(task, args, { whenDone, ...wish } = {}) {
      const future = executor.withOptions(wish).submit(task as never, ...(args as never[]));
      if (whenDone !== undefined) future.addDoneCallback(whenDone);
      return { outcome: () => future.result(), cancel: () => future.cancel(), isDone: () => future.done() };
    },
    map: (task, items, wish = {}) =>
      executor
        .withOptions(wish)
        .map(task as never, items as never[])
        .toArray(),
    close: () => executor.shutdown(),
    closeAndCancel: () => executor.shutdown({ cancelFutures: true }),
    terminate: () => executor.terminateWorkers(),
    kill: () => executor.killWorkers(),
    stats: () => executor.stats(),
  };
}
