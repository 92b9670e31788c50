/**
 * The claim budget: the rule that limits how many tasks a worker starts before it sends the answers of the finished ones.
 *
 *   budget = 0 after each ANSWER
 *   before a task, if answers wait:   mayWait(budget, expectation)? start it : send the answers first
 *   when a task starts:               budget = spend(budget, expectation)
 *
 * Both sides know the rule, so no message per task says that it started: the worker keeps the rule (worker/runner.ts), and the program computes
 * from the same numbers which tasks of a dead worker may have started. An expectation is the expected run time of one task in microseconds;
 * 0 means that the run time is unknown or long, and that no answer may wait behind the task.
 * This file does not know lanes and workers.
 */

/** µs of work whose answers may wait. A larger budget sends fewer messages; a smaller one loses fewer tasks with a worker, and answers arrive sooner. */
export const FLUSH_AFTER = 200;

/** The tasks of one message, and the place of the first unanswered one. */
interface Unanswered {
  readonly chunks: readonly ({ readonly count: number } | undefined)[];
  readonly expectations: readonly number[];
  readonly chunkAt: number;
  readonly offset: number;
}

/** The number of tasks, from the oldest unanswered one on, that a worker which keeps the rule may have started. */
export function mayHaveStarted(unanswered: readonly Unanswered[]): number {
  let started = 0;
  let budget = 0;
  for (const { chunks, expectations, chunkAt, offset } of unanswered) {
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

/** Returns true if a task may start while answers wait. */
export function mayWait(budget: number, expectation: number): boolean {
  return expectation > 0 && budget + expectation <= FLUSH_AFTER;
}

/** The budget after a task has started. After a task without an expectation no answer may wait. */
export function spend(budget: number, expectation: number): number {
  return expectation > 0 ? budget + expectation : Number.POSITIVE_INFINITY;
}
