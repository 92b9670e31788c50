// S8: threads blocked in a system call that cannot be interrupted.
import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { join } from 'node:path';
import { TaskTimeoutError } from '@twinpool/core';
import { ThreadPoolExecutor } from '@twinpool/executor';
import { percentiles } from '../harness/figures.mjs';
import { threads } from '../harness/processes.mjs';
import { settledWithin, until } from '../harness/waiting.mjs';
import { readWhole, spin } from '../tasks/stuck.mjs';

const LIMIT = 100;

export const title = 'threads blocked on a pipe without a writer, with a time limit; others continue to work';
export const seconds = 120;

/** Blocks `count` threads in turn, and returns the ms after which each task failed. */
async function timeoutsOf(run, executor, fifo, count) {
  const after = [];
  for (let i = 0; i < count; i++) {
    const outcome = await settledWithin(executor.withOptions({ taskTimeout: LIMIT }).submit(readWhole, fifo).result(), 10_000);
    run.expect(outcome?.error instanceof TaskTimeoutError, 'a stuck task did not fail with TaskTimeoutError', String(outcome?.error));
    after.push(outcome?.after ?? Number.POSITIVE_INFINITY);
  }
  return after;
}

export async function run(run) {
  const count = run.tasks ?? (run.short ? 4 : 50);
  const fifo = join(run.folder, 'fifo');
  execFileSync('/bin/sh', ['-c', 'mkfifo "$0"', fifo]);
  const executor = new ThreadPoolExecutor({ maxWorkers: 4, killGrace: 50 });
  await Promise.all(Array.from({ length: 16 }, () => executor.submit(spin, 2)));
  run.settledIn();
  const before = threads();

  const innocent = { done: 0, goesOn: true };
  const rate = async (ms) => {
    const from = innocent.done;
    await new Promise((resolve) => setTimeout(resolve, ms));
    return (1000 * (innocent.done - from)) / ms;
  };
  const feeders = Array.from({ length: 4 }, async () => {
    while (innocent.goesOn) {
      await executor.submit(spin, 1);
      innocent.done += 1;
    }
  });
  const undisturbed = await rate(run.short ? 300 : 1000);

  // The limit counts from the start of a task. Tasks run one at a time, so that it does not include waiting.
  let loadedRate = 0;
  const measured = rate(run.short ? 400 : 3000).then((value) => {
    loadedRate = value;
  });
  const after = await timeoutsOf(run, executor, fifo, count);
  await measured;
  const stuck = threads() - before;
  innocent.goesOn = false;
  await Promise.all(feeders);

  // Opening the other end of the pipe releases all of them.
  const fd = openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK);
  const isFree = await until(() => threads() <= before + 2, 5000);
  closeSync(fd);
  run.expect(isFree, 'stuck threads were not freed when the pipe was opened', `${threads() - before} threads more than before`);
  run.figure('submit -> TaskTimeoutError', percentiles(after));
  run.figure('threads stuck at the most', stuck);
  run.figure('the others', `${undisturbed.toFixed(0)} tasks per second before, ${loadedRate.toFixed(0)} while threads are blocked`);
  run.expect(
    Math.max(...after) <= 2 * (LIMIT + 100) * run.slack + 200,
    'the timeout of a stuck task was reported late',
    `${Math.max(...after)}`,
  );
  await executor.shutdown();
}
