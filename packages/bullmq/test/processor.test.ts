/** `bullmqProcessor` in a real BullMQ `Worker`, on a real engine. */

import { bullmqProcessor } from '@twinpool/bullmq';
import { ProcessPoolExecutor, ThreadPoolExecutor } from '@twinpool/executor';
import { Pool, ThreadPool } from '@twinpool/pool';
import { describe, it } from '@twinpool/testkit/sample';
import { type Job, type JobsOptions, Queue, Worker } from 'bullmq';
import { expect, inject, onTestFinished } from 'vitest';
import * as tasks from './fixtures/tasks.ts';

const url = inject('engine');
/** A processor is called by BullMQ's own worker, whatever its engine is. */
const isRedis = url !== '' && !url.startsWith('postgres');
let queues = 0;

type Settled = { readonly job: Job; readonly value?: unknown; readonly error?: Error };

/** A queue of its own with a worker; `run` resolves when the job has settled for good. */
function makeQueue(processor: unknown, options: Record<string, unknown> = {}) {
  const connection = { url, maxRetriesPerRequest: null };
  const name = `processor-${process.pid}-${queues++}`;
  const queue = new Queue(name, { connection });
  const worker = new Worker(name, processor as never, { connection, ...options });
  onTestFinished(async () => {
    await worker.close();
    await queue.obliterate({ force: true });
    await queue.close();
  });
  const run = (data: unknown, jobOptions?: JobsOptions): Promise<Settled> =>
    new Promise((resolve) => {
      worker.on('completed', (job: Job, value: unknown) => resolve({ job, value }));
      worker.on('failed', (job, error) => {
        if (job !== undefined && job.finishedOn !== undefined) resolve({ job, error });
      });
      void queue.add('job', data, jobOptions);
    });
  return { queue, worker, run };
}

function poolOf<P extends AsyncDisposable>(pool: P): P {
  onTestFinished(() => pool[Symbol.asyncDispose]());
  return pool;
}

describe.runIf(isRedis)('bullmqProcessor', () => {
  it.each([
    ['Pool', () => new Pool(1)],
    ['ThreadPool', () => new ThreadPool(1)],
    ['ProcessPoolExecutor', () => new ProcessPoolExecutor(1)],
    ['ThreadPoolExecutor', () => new ThreadPoolExecutor(1)],
  ])('runs jobs in a %s', async (_name, make) => {
    const { run } = makeQueue(bullmqProcessor(poolOf(make()), tasks.double));
    expect((await run({ width: 21 })).value).toBe(42);
  });

  it('makes the arguments with `args`, and stores reports as progress', async () => {
    const pool = poolOf(new ThreadPool(1));
    const { run, worker } = makeQueue(bullmqProcessor(pool, tasks.reportTwice, { args: (job) => [{ width: job.data + 1 }] }));
    const progress: unknown[] = [];
    worker.on('progress', (_job, value) => progress.push(value));
    const { job, value } = await run(41);
    expect(value).toBe(42);
    expect(job.progress).toEqual({ done: 2 });
    expect(progress).toEqual([{ done: 1 }, { done: 2 }]);
  });

  it('keeps class, message and stack of an error', async () => {
    const { run, queue } = makeQueue(bullmqProcessor(poolOf(new ThreadPool(1)), tasks.fail));
    const { job } = await run({});
    const stored = await queue.getJob(job.id as string);
    expect(stored?.failedReason).toBe('no such width');
    expect(stored?.stacktrace?.[0]).toMatch(/RangeError: no such width[\s\S]*tasks\.ts/);
  });

  it('tries a job again whose worker was lost, unless it must not', async () => {
    const pool = poolOf(new Pool(1));
    const { run } = makeQueue(bullmqProcessor(pool, tasks.crash));
    expect((await run({}, { attempts: 2 })).job.attemptsMade).toBe(2);
    const once = makeQueue(bullmqProcessor(pool, tasks.crash, { retryOnWorkerLoss: false }));
    const { job, error } = await once.run({}, { attempts: 2 });
    expect(job.attemptsMade).toBe(1);
    expect(error).toMatchObject({ code: 'ERR_TWINPOOL_WORKER_LOST' });
  });

  it("leaves BullMQ's UnrecoverableError as it is", async () => {
    const { run } = makeQueue(bullmqProcessor(poolOf(new ThreadPool(1)), tasks.failForGood));
    const { job } = await run({}, { attempts: 3 });
    expect([job.attemptsMade, job.failedReason]).toEqual([1, 'never again']);
  });

  it('renews the locks of jobs that compute for longer than their lock, and ends one that is cancelled', async () => {
    const options = { concurrency: 2, lockDuration: 400, stalledInterval: 200, maxStalledCount: 0 };
    const { queue, worker } = makeQueue(bullmqProcessor(poolOf(new ThreadPool(2)), tasks.compute), options);
    const stalled: string[] = [];
    worker.on('stalled', (id) => stalled.push(id));
    const started = new Promise<Job[]>((resolve) => {
      const jobs: Job[] = [];
      worker.on('active', (job) => jobs.push(job) === 2 && resolve(jobs));
    });
    await queue.addBulk([
      { name: 'job', data: 60_000 },
      { name: 'job', data: 1200 },
    ]);
    const [long] = await started;
    const completed = new Promise((resolve) => worker.once('completed', (job) => resolve(job.data)));
    const failed = new Promise((resolve) => worker.once('failed', (job) => resolve(job?.data)));
    expect(await completed).toBe(1200);
    const before = performance.now();
    expect(worker.cancelJob(long?.id as string, 'no longer wanted')).toBe(true);
    expect(await failed).toBe(60_000);
    expect(performance.now() - before).toBeLessThan(2000);
    expect(stalled).toEqual([]);
  });

  it('refuses what it cannot use before any job', () => {
    const pool = poolOf(new ThreadPool(1));
    expect(() => bullmqProcessor({} as never, tasks.square)).toThrow(TypeError);
    expect(() => bullmqProcessor(pool, tasks.square, { arg: 1, retryOnWorkerLoss: 'no' } as never)).toThrow(
      /retryOnWorkerLoss: expected true or false.*arg: /,
    );
  });
});
