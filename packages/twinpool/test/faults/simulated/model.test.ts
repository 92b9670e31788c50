/**
 * Tests the facades against a model: users of pools, executors and adapters, workers and time act in random order. After every step each handle
 * must be in a state that the model allows. A failing run is shrunk and printed with its seed and path.
 *
 * The simulation of core (packages/core/test/simulation.test.ts) covers jobs. This one covers the guarantees of the facades: `cancel()`,
 * done-callbacks and their errors, both views of one task, every way to close, rejected calls.
 */

import type { FakeEnd } from '@twinpool/testkit/fakes';
import fc from 'fast-check';
import {
  type AsyncResult,
  type Future,
  Pool,
  ProcessPoolExecutor,
  ThreadPool,
  ThreadPoolExecutor,
  toAsyncResult,
  toFuture,
  WorkerRuntime,
} from 'twinpool';
import { afterAll, describe, expect, it } from 'vitest';
import { encodeThrown } from '../../../../core/src/wire/thrown.ts';
import { errorText } from '../outcome-text.ts';
import { double, Stage, TASK_TIMEOUT, turn } from './stage.ts';

const RUNS = Number(process.env['MODEL_RUNS'] ?? 300);
const replay = {
  ...(process.env['MODEL_SEED'] === undefined ? {} : { seed: Number(process.env['MODEL_SEED']) }),
  ...(process.env['MODEL_PATH'] === undefined ? {} : { path: process.env['MODEL_PATH'] }),
};
let runs = 0;
let commands = 0;

type Owner =
  | { readonly api: 'pool'; readonly pool: Pool; state: State }
  | { readonly api: 'executor'; readonly executor: ProcessPoolExecutor; state: State };
type State = 'open' | 'closed' | 'ended';

/** One task in the model. */
interface Entry {
  readonly owner: Owner;
  readonly item: number;
  readonly handle: AsyncResult<unknown> | Future<unknown>;
  /** The view of the other API, once it was requested. */
  view: AsyncResult<unknown> | Future<unknown> | undefined;
  readonly controller: AbortController;
  readonly isTimed: boolean;
  /** What its callback throws, if it has one that does. */
  readonly callback: 'none' | 'fine' | 'throws';
  calls: number;
  cancelled: boolean | undefined;
  mayBeLost: boolean;
  timedOut: boolean;
}

const isThrower = (item: number): boolean => item % 11 === 5;

function endOf({ item }: { readonly item: unknown }): FakeEnd {
  return isThrower(item as number) ? { thrown: encodeThrown(`thrown by ${String(item)}`) } : { value: (item as number) * 2 };
}

class Model {
  readonly stage: Stage = new Stage();
  readonly owners: Owner[] = [];
  readonly entries: Entry[] = [];
  readonly troubles: string[] = [];
  readonly runtime: WorkerRuntime;
  #items = 0;
  expectedWarnings = 0;

  constructor(kind: 'process' | 'thread', workers: number) {
    this.runtime = new WorkerRuntime({ kind, workers });
    const runtime = this.runtime;
    const pool = kind === 'process' ? new Pool({ runtime }) : new ThreadPool({ runtime });
    const executor = kind === 'process' ? new ProcessPoolExecutor({ runtime }) : new ThreadPoolExecutor({ runtime });
    this.owners.push({ api: 'pool', pool, state: 'open' }, { api: 'executor', executor: executor as ProcessPoolExecutor, state: 'open' });
  }

  submit(owner: Owner, b: number): void {
    this.#items += 1;
    const item = this.#items;
    const controller = new AbortController();
    const callback = (['none', 'fine', 'throws'] as const)[b % 3] ?? 'none';
    const isTimed = b % 4 === 0;
    const wish = { signal: controller.signal, taskTimeout: isTimed ? TASK_TIMEOUT : undefined, priority: b % 5 === 0 ? 1 : 0 };
    let entry: Entry | undefined;
    const whenDone = () => {
      const own = entry as Entry;
      own.calls += 1;
      if (owner.api === 'pool' && this.isDone(own)) this.troubles.push('a callback ran when the result was ready');
      if (owner.api === 'executor' && !this.isDone(own)) this.troubles.push('a done-callback ran before the future was done');
      if (callback === 'throws') throw new Error('callback');
    };
    try {
      let handle: Entry['handle'];
      if (owner.api === 'pool') {
        const callbacks = callback === 'none' ? {} : { callback: whenDone, errorCallback: whenDone };
        handle = owner.pool.applyAsync(double as never, [item] as never, { ...wish, ...callbacks } as never);
      } else {
        const future: Future<unknown> = owner.executor.withOptions(wish).submit(double as never, ...([item] as never[]));
        handle = future;
        if (callback !== 'none') queueMicrotask(() => future.addDoneCallback(whenDone));
      }
      if (callback === 'throws' && owner.api === 'executor') this.expectedWarnings += 1;
      entry = {
        owner,
        item,
        handle,
        view: undefined,
        controller,
        isTimed,
        callback,
        calls: 0,
        cancelled: undefined,
        mayBeLost: false,
        timedOut: false,
      };
      this.entries.push(entry);
      if (owner.state !== 'open') this.troubles.push('a closed facade took a task');
    } catch (error) {
      if (owner.state === 'open' || !['POOL_CLOSED', 'EXECUTOR_SHUTDOWN'].includes(errorText(error)))
        this.troubles.push(`submit: ${errorText(error)}`);
    }
  }

  isDone({ handle }: Pick<Entry, 'handle'>): boolean {
    return 'done' in handle ? handle.done() : handle.ready();
  }

  adapt(entry: Entry): void {
    entry.view ??= 'done' in entry.handle ? toAsyncResult(entry.handle) : toFuture(entry.handle);
  }

  cancel(entry: Entry, throughView: boolean): void {
    const { handle, view, item } = entry;
    const wasDone = this.isDone(entry);
    const through = throughView && view !== undefined ? view : handle;
    const said = through.cancel();
    const began = this.stage.workers.some(({ held }) => held.some((task) => task.item === item)) || (this.stage.begins.get(item) ?? 0) > 0;
    if (said && began && !wasDone) this.troubles.push(`cancel() of task ${item} said true, and a worker has or had it`);
    if (!wasDone) entry.cancelled = said;
    if (view !== undefined && this.isDone({ handle: view }) !== this.isDone(entry))
      this.troubles.push(`after cancel() both views of task ${item} differ`);
  }

  close(owner: Owner, b: number): void {
    if (owner.api === 'pool') {
      if (b % 2 === 0) owner.pool.close();
      else owner.pool.terminate();
      owner.state = b % 2 === 0 && owner.state !== 'ended' ? 'closed' : 'ended';
      void owner.pool.join();
    } else {
      const how = b % 3;
      if (how === 2) void owner.executor.terminateWorkers();
      else void owner.executor.shutdown({ cancelFutures: how === 1 });
      owner.state = how === 0 && owner.state !== 'ended' ? 'closed' : 'ended';
    }
  }

  die(worker: Stage['workers'][number]): void {
    while (worker.hasAnswers && !worker.isOver) worker.deliver();
    if (worker.isOver) return;
    for (const task of worker.takenForStarted) this.#entryOf(task.item as number).mayBeLost = true;
    worker.die(null, 'SIGKILL');
  }

  #letGoOn(worker: Stage['workers'][number]): void {
    if (worker.isKilled || worker.isAskedToEnd) this.die(worker);
    else if (worker.lane.state === 'starting') worker.ready();
    else {
      worker.runAll(endOf, 100);
      worker.turn();
    }
  }

  advance(ms: number): void {
    for (const entry of this.entries) entry.timedOut = true;
    this.stage.clock.advance(ms);
    for (const worker of this.stage.alive) worker.turn();
  }

  #entryOf(item: number): Entry {
    return this.entries.find((entry) => entry.item === item) as Entry;
  }

  inspect(): void {
    for (const [item, times] of this.stage.begins) if (times > 1) this.troubles.push(`task ${item} began ${times} times`);
    for (const entry of this.entries) {
      if (entry.calls > 1) this.troubles.push(`the callback of task ${entry.item} was called ${entry.calls} times`);
      if (entry.view !== undefined && this.isDone({ handle: entry.view }) !== this.isDone(entry))
        this.troubles.push(`both views of task ${entry.item} differ`);
    }
    if (this.troubles.length > 0) expect(this.troubles).toEqual([]);
  }

  /** Everything ends; then each outcome is compared with what may be. */
  async conclude(): Promise<void> {
    const end = this.runtime.close();
    let isOver = false;
    void end.then(() => {
      isOver = true;
    });
    for (let round = 0; round < 100 && !isOver; round++) {
      for (const worker of this.stage.alive) this.#letGoOn(worker);
      await turn();
      if (round > 5) this.advance(1000);
    }
    expect(isOver).toBe(true);
    await turn();
    for (const entry of this.entries) await this.#judge(entry);
    const { completed, failed, cancelled, queued, running, unobservedErrors } = this.runtime.stats();
    expect([completed + failed + cancelled, queued, running, unobservedErrors]).toEqual([this.entries.length, 0, 0, 0]);
    expect(this.stage.warnings).toHaveLength(this.expectedWarnings);
    expect(this.troubles).toEqual([]);
  }

  async #judge(entry: Entry): Promise<void> {
    const { item, owner, callback } = entry;
    if (!this.isDone(entry)) throw new Error(`task ${item} never settles`);
    const outcome = await entry.handle.then(String, errorText);
    if (entry.view !== undefined) expect(await entry.view.then(String, errorText), `the other view of task ${item}`).toBe(outcome);
    if (callback !== 'none') expect(entry.calls, `calls of the callback of task ${item}`).toBe(1);
    const isReplaced = callback === 'throws' && owner.api === 'pool';
    expect(isReplaced ? outcome === 'Error: callback' : this.#allowed(entry).has(outcome), `task ${item}: ${outcome}`).toBe(true);
    if (outcome === 'CANCELLED' && entry.cancelled === true) expect(this.stage.begins.has(item), 'a cancelled task began').toBe(false);
    if (outcome === String(item * 2)) expect(this.stage.begins.get(item)).toBe(1);
  }

  #allowed({ item, owner, cancelled, controller, mayBeLost, timedOut, isTimed }: Entry): Set<string> {
    const allowed = new Set<string>();
    if (cancelled === true) return allowed.add('CANCELLED');
    allowed.add(isThrower(item) ? `thrown by ${item}` : String(item * 2));
    if (controller.signal.aborted) allowed.add('CANCELLED');
    if (mayBeLost) allowed.add('WORKER_LOST');
    if (isTimed && timedOut) allowed.add('TASK_TIMEOUT');
    if (owner.state === 'ended') for (const each of owner.api === 'pool' ? ['POOL_TERMINATED'] : ['BROKEN', 'CANCELLED']) allowed.add(each);
    return allowed;
  }
}

const pick = <T>(from: readonly T[], by: number): T | undefined => (from.length === 0 ? undefined : from[by % from.length]);

const deeds: Record<string, (model: Model, a: number, b: number) => void> = {
  submit: (model, a, b) => model.submit(pick(model.owners, a) as Owner, b),
  adapt(model, a) {
    const entry = pick(model.entries, a);
    if (entry !== undefined) model.adapt(entry);
  },
  cancel(model, a, b) {
    const entry = pick(model.entries, a);
    if (entry !== undefined) model.cancel(entry, b % 2 === 0);
  },
  abort(model, a, b) {
    if (b % 3 === 0) pick(model.entries, a)?.controller.abort();
  },
  close(model, a, b) {
    if (b % 5 === 0) model.close(pick(model.owners, a) as Owner, b);
  },
  ready: ({ stage }, a) =>
    pick(
      stage.alive.filter(({ lane, isKilled }) => lane.state === 'starting' && !isKilled),
      a,
    )?.ready(),
  begin: ({ stage }, a) =>
    void pick(
      stage.alive.filter(({ mayStart }) => mayStart),
      a,
    )?.begin(),
  finish(model, a) {
    const worker = pick(
      model.stage.alive.filter(({ isBusy }) => isBusy),
      a,
    );
    if (worker?.running !== undefined) worker.complete(endOf(worker.running), 100);
  },
  deliver: ({ stage }, a) =>
    pick(
      stage.alive.filter(({ hasAnswers }) => hasAnswers),
      a,
    )?.deliver(),
  die(model, a, b) {
    const worker = pick(
      model.stage.alive.filter(({ lane }) => lane.state !== 'starting'),
      a,
    );
    if (worker !== undefined && b % 3 === 0) model.die(worker);
  },
  goAsTold(model, a) {
    const worker = pick(
      model.stage.alive.filter(({ isKilled, isAskedToEnd }) => isKilled || isAskedToEnd),
      a,
    );
    if (worker !== undefined) model.die(worker);
  },
  time(model, a) {
    model.advance([1, 30, TASK_TIMEOUT + 1, 501][a % 4] as number);
  },
};

const often = ['submit', 'submit', 'submit', 'ready', 'begin', 'begin', 'finish', 'deliver'];
const step = fc.tuple(fc.constantFrom(...often, ...often, ...Object.keys(deeds)), fc.nat(99), fc.nat(99));

describe('whatever users of both facades, workers and time do', () => {
  it('each handle settles once, as it may; both views agree; callbacks are called once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('process', 'thread'),
        fc.integer({ min: 1, max: 3 }),
        fc.array(step, { maxLength: 60, size: 'max' }),
        async (kind, workers, steps) => {
          const model = new Model(kind, workers);
          runs += 1;
          commands += steps.length;
          for (const [name, a, b] of steps) {
            deeds[name]?.(model, a, b);
            await turn();
            model.inspect();
          }
          await model.conclude();
        },
      ),
      { ...replay, numRuns: RUNS },
    );
  }, 600_000);
});

afterAll(() => {
  if (process.env['MODEL_RUNS'] !== undefined) console.log(`${runs} runs, ${commands} commands`);
});
