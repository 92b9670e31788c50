/**
 * How many tasks a worker may start before it must have sent the answers of the finished ones.
 *
 * A rule that both sides know replaces a "started" message a task: the worker keeps it (worker/run.ts), and this side reads off it which
 * tasks of a dead worker may have run. Expectations are microseconds a task; 0 means alone.
 */

/** Work, in microseconds, whose answers may wait. More: fewer messages. Less: fewer tasks are lost with a worker, answers come sooner. */
export const FLUSH_AFTER = 200;

interface Unanswered {
  readonly chunks: readonly ({ readonly count: number } | undefined)[];
  readonly expectations: readonly number[];
  readonly chunkAt: number;
  readonly offset: number;
}

/** Tasks, from the oldest unanswered on, that a worker that kept the rule may have started. */
export function mayHaveStarted(ledger: readonly Unanswered[]): number {
  let started = 0;
  let budget = 0;
  for (const { chunks, expectations, chunkAt, offset } of ledger) {
    for (let at = chunkAt; at < chunks.length; at++) {
      const count = (chunks[at]?.count ?? 0) - (at === chunkAt ? offset : 0);
      const expectation = expectations[at] as number;
      for (let i = 0; i < count; i++) {
        if (started > 0 && !mayWait(budget, expectation)) return started;
        started += 1;
        budget = spend(budget, expectation);
      }
    }
  }
  return started;
}

/** Whether a task may start while answers wait. */
export function mayWait(budget: number, expectation: number): boolean {
  return expectation > 0 && budget + expectation <= FLUSH_AFTER;
}

/** The budget once a task has started: nothing may wait behind one that is alone. */
export function spend(budget: number, expectation: number): number {
  return expectation > 0 ? budget + expectation : Number.POSITIVE_INFINITY;
}
