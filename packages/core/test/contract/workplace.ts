/** Provides a minimal facade (calls, maps and streams as promises) for the contract suites of all kinds of workers. */

import { BrokenProcessPoolError, BrokenThreadPoolError, type Task, type WorkerRuntime } from '@twinpool/core';
import { Attachment, CallJob, type CallSettings, MapJob, StreamJob, taskFunctionOf } from '@twinpool/core/facade';
import { outcome } from '@twinpool/testkit';
import { onTestFinished } from 'vitest';

export const KINDS = ['thread', 'process'] as const;
export type Kind = (typeof KINDS)[number];

/** What open work gets when its workplace is terminated, and what an input gets that is not read to its end. */
export class Terminated extends Error {}
export class Closed extends Error {}

export interface Call<R> {
  readonly promise: Promise<R>;
  readonly job: CallJob;
}

export class Workplace {
  readonly attachment: Attachment;

  constructor(kind: Kind, options: object | number = {}, startsAtOnce = false) {
    const Broken = kind === 'thread' ? BrokenThreadPoolError : BrokenProcessPoolError;
    this.attachment = Attachment.attach(
      {
        name: 'Workplace',
        kind,
        count: 'processes',
        startsAtOnce,
        brokenError: (_name, cause) => new Broken('the workplace is broken', { cause }),
        closedError: () => new Closed('closed'),
        readsOn: (stream) => !stream.isAsync,
        endedError: (_name, cause) => cause,
      },
      options,
    );
  }

  call<A extends readonly unknown[], R>(fn: Task<A, R>, ...args: A): Promise<R> {
    return this.begin(fn, args).promise;
  }

  /** A call whose job is wanted, or that has options. */
  begin<A extends readonly unknown[], R>(fn: Task<A, R>, args: A, options: Partial<CallSettings> = {}): Call<R> {
    let job: CallJob | undefined;
    const promise = new Promise<R>((resolve, reject) => {
      const listener = { jobSettled: (ok: boolean, value: unknown) => (ok ? resolve(value as R) : reject(value)) };
      job = new CallJob(taskFunctionOf(fn), args, this.settings(options), listener);
      this.attachment.submit(job, 1);
    });
    // A test that checks a failure has the promise.
    promise.catch(() => undefined);
    return { promise, job: job as CallJob };
  }

  map<T, R>(fn: Task<[T], R>, items: readonly T[], options: Partial<CallSettings> & { chunksize?: number } = {}): Promise<R[]> {
    const { chunksize, ...settings } = options;
    const shape = {
      spread: false,
      chunksize,
      mostAtOnce: Math.ceil(items.length / this.attachment.workers),
      onProgress: undefined,
      shared: undefined,
    };
    const promise = new Promise<R[]>((resolve, reject) => {
      const listener = { jobSettled: (ok: boolean, value: unknown) => (ok ? resolve(value as R[]) : reject(value)) };
      this.attachment.submit(new MapJob(taskFunctionOf(fn), items, shape, this.settings(settings), listener), items.length);
    });
    promise.catch(() => undefined);
    return promise;
  }

  stream<T, R>(fn: Task<[T], R>, input: Iterator<T>, window: number): Stream<R> {
    const shape = { spread: false, ordered: true, chunksize: undefined, window, onProgress: undefined, total: undefined };
    const job = new StreamJob(taskFunctionOf(fn), { sync: input }, shape, this.attachment.settings);
    this.attachment.submit(job, 0);
    return new Stream<R>(job);
  }

  settings(options: Partial<CallSettings>): CallSettings {
    return { ...this.attachment.settings, ...options };
  }

  /** Ends its work and, if they are its own, its workers; resolves when they are gone. */
  async end(): Promise<void> {
    await outcome(this.attachment.terminate(new Terminated('terminated')));
  }
}

export class Stream<R> {
  readonly job: StreamJob;

  constructor(job: StreamJob) {
    this.job = job;
  }

  /** The next result; undefined at the end. */
  next(): Promise<R | undefined> {
    return new Promise((resolve, reject) => {
      this.job.take((ok, value) => (ok === false ? reject(value) : resolve(value as R | undefined)));
    });
  }
}

/** A workplace of its own workers that ends with the test. */
export function open(kind: Kind, options: object | number = {}, startsAtOnce = false): Workplace {
  const workplace = new Workplace(kind, options, startsAtOnce);
  onTestFinished(() => workplace.end());
  return workplace;
}

/** A workplace at the workers of another owner. */
export function openAt(runtime: WorkerRuntime, options: object = {}): Workplace {
  return new Workplace(runtime.kind as Kind, { runtime, ...options });
}
