/** Tests how a stream buffers outcomes for its consumer. The simulation (world.ts) and the facades test the rest. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CallSettings, Chunk, Ending, JobOwner } from '../src/jobs/job.ts';
import { ListReader } from '../src/jobs/list-reader.ts';
import { StreamJob } from '../src/jobs/stream-job.ts';
import type { StreamInput, StreamShape } from '../src/jobs/stream-shape.ts';
import type { TaskFunction } from '../src/tasks/task-function.ts';

const settings: CallSettings = { priority: 0, taskTimeout: Number.POSITIVE_INFINITY, retries: 0, signal: undefined, onReport: undefined };

class Owner implements JobOwner {
  accepted = 0;
  readonly ended: Partial<Record<Ending, number>> = { completed: 0, failed: 0, cancelled: 0 };
  tasksAccepted(count: number): void {
    this.accepted += count;
  }
  tasksEnded(count: number, how: Ending): void {
    this.ended[how] = (this.ended[how] ?? 0) + count;
  }
  hold(): void {}
  release(): void {}
  setAside(): void {}
  hasBegun(): boolean {
    return true;
  }
  takeBack(): boolean {
    return false;
  }
  wake(): void {}
  forget(): void {}
  warn(error: unknown): void {
    throw error;
  }
}

function streamOf(input: StreamInput, shape: Partial<StreamShape> = {}): { job: StreamJob; owner: Owner } {
  const usual = { spread: false, ordered: true, chunksize: undefined, window: Number.POSITIVE_INFINITY, onProgress: undefined };
  const job = new StreamJob({} as TaskFunction, input, { ...usual, total: undefined, ...shape }, settings);
  const owner = new Owner();
  job.accept(owner, 0);
  job.start();
  return { job, owner };
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const claimed = (job: StreamJob, most: number): Chunk => job.claim(most) as Chunk;

/** The answer to one question, where it comes at once. */
function taken(job: StreamJob): unknown {
  let answer: unknown = 'none yet';
  job.take((ok, value) => {
    answer = ok === undefined ? 'the end' : ok ? value : { error: value };
  });
  return answer;
}

describe('an array as the input of a stream', () => {
  const withGetter = (at: number, get: () => unknown): unknown[] => Object.defineProperty(upTo(6), at, { get });

  it('is read when a lane has room, no further than the window', () => {
    const list = upTo(10);
    const { job, owner } = streamOf({ sync: new ListReader(list) }, { window: 4 });
    expect(owner.accepted).toBe(0);
    expect(claimed(job, 3).count).toBe(3);
    list[3] = 33;
    list.length = 5;
    const next = claimed(job, 9);
    expect([next.base, next.count, next.at(0)]).toEqual([3, 1, 33]);
    job.settleRange(0, [0, 1, 2, 3], 0, 4);
    expect(job.takeReady()).toEqual([0, 1, 2, 3]);
    const last = claimed(job, 9);
    expect([last.base, last.count, last.at(0)]).toEqual([4, 1, 4]);
    job.settleRange(4, [4], 0, 1);
    expect([taken(job), taken(job)]).toEqual([4, 'the end']);
    expect(owner.accepted).toBe(5);
  });

  it('ends with the error of a getter, after the items before it', () => {
    const error = new Error('not this one');
    const list = withGetter(2, () => {
      throw error;
    });
    const { job } = streamOf({ sync: new ListReader(list) });
    expect(claimed(job, 6).count).toBe(2);
    job.settleRange(0, ['a', 'b'], 0, 2);
    expect([taken(job), taken(job), taken(job), taken(job)]).toEqual(['a', 'b', { error }, 'the end']);
  });

  it('passes nothing on after a getter has closed the stream', () => {
    const list = withGetter(2, () => void job.close());
    const { job, owner } = streamOf({ sync: new ListReader(list) });
    expect(job.claim(6)).toBeUndefined();
    expect(owner.accepted).toBe(0);
    expect(taken(job)).toBe('the end');
  });
});

describe('outcomes of a stream', () => {
  it('come in the order of the input, however they arrived and however they are taken', () => {
    const run = (draws: number[]) => {
      let drawn = 0;
      const below = (limit: number) => (draws[drawn++ % draws.length] as number) % limit;
      const count = 1 + below(60);
      const { job, owner } = streamOf({ items: upTo(count) });
      const fails = new Set(upTo(count).filter(() => below(8) === 0));
      const pieces: number[][] = [];
      for (let chunk = job.claim(1 + below(9)); chunk !== undefined; chunk = job.claim(1 + below(9))) {
        const { base, count: size } = chunk;
        pieces.push(upTo(size).map((i) => base + i));
        expect(upTo(size).map((i) => (chunk as Chunk).at(i))).toEqual(pieces.at(-1));
      }
      const got: unknown[] = [];
      let isWaiting = false;
      const ask = () => {
        if (isWaiting) return;
        isWaiting = true;
        job.take((ok, value) => {
          isWaiting = false;
          if (ok !== undefined) got.push(ok ? value : { error: value });
        });
      };
      while (pieces.length > 0) {
        const [piece] = pieces.splice(below(pieces.length), 1) as [number[]];
        // As a lane settles a message: values in ranges, of one or of more, and failures between them.
        for (let at = 0; at < piece.length; ) {
          const index = piece[at] as number;
          const end = piece.findIndex((each, i) => i >= at && fails.has(each));
          const plain = (end < 0 ? piece.length : end) - at;
          if (plain === 0) job.settle(index, false, `e${index}`);
          else if (plain === 1) job.settle(index, true, index);
          else job.settleRange(index, ['of another job', ...piece], at + 1, plain);
          at += Math.max(1, plain);
        }
        for (let times = below(6); times > 0; times--) {
          if (below(2) === 0) got.push(...job.takeValues());
          else ask();
        }
      }
      for (let asked = 0; asked <= count; asked++) {
        got.push(...job.takeValues());
        ask();
      }
      expect(got).toEqual(upTo(count).map((i) => (fails.has(i) ? { error: `e${i}` } : i)));
      expect(owner.ended).toEqual({ completed: count - fails.size, failed: fails.size, cancelled: 0 });
    };
    fc.assert(fc.property(fc.array(fc.nat(), { minLength: 1, maxLength: 300, size: 'max' }), run), { numRuns: 500 });
  });

  it('come as they arrived where the stream is unordered, an error at its place', () => {
    const { job } = streamOf({ items: upTo(9) }, { ordered: false });
    claimed(job, 9);
    job.settleRange(4, [4, 5], 0, 2);
    job.settle(8, false, 'e8');
    job.settleRange(0, [0, 1, 2], 0, 3);
    expect(job.takeValues()).toEqual([4, 5]);
    expect(job.takeValues()).toEqual([]);
    expect(taken(job)).toEqual({ error: 'e8' });
    job.settle(3, true, 3);
    expect([taken(job), ...job.takeValues()]).toEqual([0, 1, 2, 3]);
  });

  it('go to the first request: none is delivered in a batch while an earlier request waits', () => {
    const { job } = streamOf({ items: upTo(4) });
    claimed(job, 4);
    const got: unknown[] = [];
    job.take((_, value) => got.push(value, ...job.takeValues()));
    job.take((_, value) => got.push(value, ...job.takeValues()));
    expect(job.takeValues()).toEqual([]);
    job.settleRange(0, upTo(4), 0, 4);
    expect(got).toEqual([0, 1, 2, 3]);
    expect(taken(job)).toBe('the end');
  });

  it('free the window when they are taken, and the next request reads the input further', () => {
    let pulled = 0;
    const sync = { next: () => ({ done: false as const, value: pulled++ }) };
    const { job, owner } = streamOf({ sync }, { window: 4, eager: true });
    expect([pulled, job.left]).toEqual([4, 4]);
    claimed(job, 4);
    job.settleRange(0, upTo(3), 0, 3);
    expect(job.takeValues()).toEqual([0, 1, 2]);
    expect([pulled, job.left]).toEqual([4, 1]);
    expect(taken(job)).toBe('none yet');
    expect([pulled, job.left, owner.accepted]).toEqual([7, 4, 7]);
  });

  it('are delivered one by one, and a listener may leave in the middle of a range', () => {
    const told: unknown[] = [];
    const { job, owner } = streamOf(
      { items: upTo(10) },
      {
        onProgress: (progress) => {
          told.push(progress);
          if (progress.completed === 3) void job.close();
        },
      },
    );
    claimed(job, 6);
    job.settleRange(0, upTo(6), 0, 6);
    expect(told).toEqual([1, 2, 3].map((completed) => ({ completed, total: 10 })));
    expect(owner.ended).toEqual({ completed: 3, failed: 0, cancelled: 7 });
    expect([job.takeValues(), taken(job)]).toEqual([[], 'the end']);
  });

  it('that arrive after the consumer has left are dropped', () => {
    const { job, owner } = streamOf({ items: upTo(6) });
    claimed(job, 4);
    job.settleRange(1, upTo(4), 1, 2);
    expect(job.takeValues()).toEqual([]);
    void job.close();
    job.settleRange(0, upTo(4), 0, 1);
    job.settle(3, false, 'e3');
    expect([job.takeValues(), taken(job), job.left]).toEqual([[], 'the end', 0]);
    expect(owner.ended).toEqual({ completed: 2, failed: 0, cancelled: 4 });
  });

  it('are delivered before the error that ends the stream', () => {
    const { job } = streamOf({ items: upTo(4) });
    claimed(job, 3);
    job.settleRange(0, upTo(2), 0, 2);
    job.end('ended', 'failed');
    expect(job.takeValues()).toEqual([0, 1]);
    expect([taken(job), taken(job)]).toEqual([{ error: 'ended' }, 'the end']);
  });

  it('are released when they are taken, while others wait', async () => {
    setFlagsFromString('--expose-gc');
    const gc = runInNewContext('gc') as () => void;
    const { job } = streamOf({ items: upTo(6) });
    claimed(job, 6);
    const refs = upTo(6).map((i) => {
      const value = { i };
      if (i === 0) job.settle(0, true, value);
      else job.settleRange(i, [value], 0, 1);
      return new WeakRef(value);
    });
    const take = () => {
      taken(job);
      taken(job);
    };
    take();
    // A WeakRef holds what it refers to until the turn has ended.
    await new Promise(setImmediate);
    gc();
    expect(refs.map((ref) => ref.deref()?.i)).toEqual([undefined, undefined, 2, 3, 4, 5]);
    expect(job.takeValues().length).toBe(1);
    await new Promise(setImmediate);
    gc();
    expect(refs.map((ref) => ref.deref()?.i)).toEqual([undefined, undefined, undefined, 3, 4, 5]);
  });
});
