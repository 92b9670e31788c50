// S8: threads stuck in a call that nobody can interrupt.
import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { join } from 'node:path';
import { TaskTimeoutError } from '@twinpool/core';
import { ThreadPoolExecutor } from '@twinpool/executor';
import { spread } from '../harness/figures.mjs';
import { threads } from '../harness/processes.mjs';
import { settledWithin, until } from '../harness/waiting.mjs';
import { readWhole, spin } from '../tasks/stuck.mjs';

const LIMIT = 100;

export const title = 'threads blocked on a pipe that nobody writes to, with a time limit; others work on';
export const seconds = 120;

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
  const alone = await rate(run.short ? 300 : 1000);

  // The limit counts from a task's start: one at a time, so that waiting is no part of it.
  const after = [];
  let rateBeside = 0;
  const measured = rate(run.short ? 400 : 3000).then((value) => {
    rateBeside = value;
  });
  for (let i = 0; i < count; i++) {
    const outcome = await settledWithin(executor.withOptions({ taskTimeout: LIMIT }).submit(readWhole, fifo).result(), 10_000);
    run.expect(outcome?.error instanceof TaskTimeoutError, 'a stuck task did not fail with TaskTimeoutError', String(outcome?.error));
    after.push(outcome?.after ?? Number.POSITIVE_INFINITY);
  }
  await measured;
  const stuck = threads() - before;
  innocent.goesOn = false;
  await Promise.all(feeders);

  // Whoever opens the other end lets them all go.
  const fd = openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK);
  const isFree = await until(() => threads() <= before + 2, 5000);
  closeSync(fd);
  run.expect(isFree, 'stuck threads were not freed when the pipe was opened', `${threads() - before} threads more than before`);
  run.figure('submit -> TaskTimeoutError', spread(after));
  run.figure('threads stuck at the most', stuck);
  run.figure('the others', `${alone.toFixed(0)} tasks a second alone, ${rateBeside.toFixed(0)} beside the stuck ones`);
  run.expect(Math.max(...after) <= 2 * (LIMIT + 100) * run.slack + 200, 'a stuck task was told late', `${Math.max(...after)}`);
  await executor.shutdown();
}
