// Tests the claim budget: the program computes at least the tasks that a worker may have started, and not many more.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FLUSH_AFTER, mayHaveStarted, mayWait, spend } from '../../src/wire/budget.ts';

interface Chunk {
  readonly count: number;
  readonly expectation: number;
}

/** The unanswered messages of a lane, and the number of answered tasks of the first one. */
function ledgerOf(messages: readonly (readonly Chunk[])[], answered = 0) {
  let left = answered;
  return messages
    .map((chunks) => {
      let chunkAt = 0;
      while (chunkAt < chunks.length && left >= (chunks[chunkAt] as Chunk).count) left -= (chunks[chunkAt++] as Chunk).count;
      const offset = chunkAt < chunks.length ? left : 0;
      if (chunkAt < chunks.length) left = 0;
      return {
        chunks: chunks.map((chunk, at) => (at < chunkAt ? undefined : chunk)),
        expectations: chunks.map(({ expectation }) => expectation),
        chunkAt,
        offset,
      };
    })
    .filter(({ chunkAt, chunks }) => chunkAt < chunks.length);
}

/** A worker that keeps the rule: `run` starts the next task, after it has sent the answers that may not wait. */
class Worker {
  readonly #tasks: readonly number[];
  #budget = 0;
  begun = 0;
  answered = 0;

  constructor(messages: readonly (readonly Chunk[])[]) {
    this.#tasks = messages.flat().flatMap(({ count, expectation }) => new Array<number>(count).fill(expectation));
  }

  get hasMore(): boolean {
    return this.begun < this.#tasks.length;
  }

  /** Sends the answers of all finished tasks. The rule allows this at any time. */
  flush(): void {
    this.answered = this.begun;
    this.#budget = 0;
  }

  run(): void {
    const expectation = this.#tasks[this.begun] as number;
    if (this.answered < this.begun && !mayWait(this.#budget, expectation)) this.flush();
    this.#budget = spend(this.#budget, expectation);
    this.begun += 1;
  }
}

const expectation = fc.oneof(fc.constant(0), fc.double({ min: 0.01, max: FLUSH_AFTER * 1.5, noNaN: true }));
const messages = fc.array(fc.array(fc.record({ count: fc.integer({ min: 1, max: 12 }), expectation }), { minLength: 1, maxLength: 4 }), {
  minLength: 1,
  maxLength: 4,
});

describe('mayHaveStarted', () => {
  it('covers every task that a worker which keeps the rule has started, whenever the worker is killed', () => {
    fc.assert(
      fc.property(messages, fc.array(fc.boolean(), { maxLength: 80 }), (messages, flushes) => {
        const worker = new Worker(messages);
        for (const flushesFirst of flushes) {
          if (!worker.hasMore) break;
          if (flushesFirst) worker.flush();
          worker.run();
          const begunUnanswered = worker.begun - worker.answered;
          expect(mayHaveStarted(ledgerOf(messages, worker.answered))).toBeGreaterThanOrEqual(begunUnanswered);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('covers only tasks that such a worker can have started', () => {
    fc.assert(
      fc.property(messages, fc.nat(30), (messages, answered) => {
        const worker = new Worker(messages);
        for (let i = 0; i < answered && worker.hasMore; i++) worker.run();
        worker.flush();
        const before = worker.answered;
        while (worker.hasMore) {
          worker.run();
          if (worker.answered > before) break;
        }
        const possible = worker.answered > before ? worker.answered - before : worker.begun - before;
        expect(mayHaveStarted(ledgerOf(messages, before))).toBe(possible);
      }),
      { numRuns: 1000 },
    );
  });

  it('is only the running task if tasks are long or were never measured', () => {
    expect(mayHaveStarted(ledgerOf([[{ count: 50, expectation: 0 }]]))).toBe(1);
    expect(mayHaveStarted(ledgerOf([[{ count: 1, expectation: 0 }], [{ count: 50, expectation: 1 }]]))).toBe(1);
  });

  it('is at most FLUSH_AFTER microseconds of work if tasks are short', () => {
    expect(mayHaveStarted(ledgerOf([[{ count: 5000, expectation: 1 }]]))).toBe(FLUSH_AFTER);
    expect(mayHaveStarted(ledgerOf([[{ count: 3, expectation: 1 }], [{ count: 5000, expectation: 10 }]]))).toBe(3 + 19);
  });

  it('counts from the oldest unanswered task on', () => {
    const messages = [[{ count: 4, expectation: 0 }], [{ count: 2, expectation: 60 }]];
    expect(mayHaveStarted(ledgerOf(messages, 3))).toBe(1);
    expect(mayHaveStarted(ledgerOf(messages, 4))).toBe(2);
    expect(mayHaveStarted(ledgerOf(messages, 6))).toBe(0);
  });
});
