// Lists the contenders by kind of worker: the name, and a function that opens the pool with a task and an argument for the warm-up.
import { whereGiven } from './given.mjs';
import {
  openBareFork,
  openBareThreads,
  openJestWorker,
  openKnitting,
  openNestworker,
  openPiscina,
  openPoolifier,
  openTinypool,
  openWorkerpool,
} from './peers.mjs';

const openSubmit = async (task, argument, kind) => (await import('./twinpool.mjs')).openSubmit(task, argument, kind);

export const threadPools = whereGiven({
  twinpool: (task, argument) => openSubmit(task, argument, 'thread'),
  piscina: (task, argument) => openPiscina(task, argument),
  'piscina, async atomics': (task, argument) => openPiscina(task, argument, 'async'),
  'piscina, no atomics': (task, argument) => openPiscina(task, argument, 'disabled'),
  tinypool: (task, argument) => openTinypool(task, argument, 'worker_threads'),
  workerpool: (task, argument) => openWorkerpool(task, argument, 'thread'),
  poolifier: (task, argument) => openPoolifier(task, argument, 'thread'),
  'poolifier, tasks queue': (task, argument) => openPoolifier(task, argument, 'thread', { enableTasksQueue: true }),
  'jest-worker': (task, argument) => openJestWorker(task, argument, 'thread'),
  // Its workers look for the next task for about a second after the last one.
  knitting: Object.assign((task, argument) => openKnitting(task, argument), { stopsBetween: true }),
  nestworker: (task, argument) => openNestworker(task, argument),
  'bare postMessage': (task, argument) => openBareThreads(task, argument),
});

/** Returns the thread pools with these names, and where its folder is given knitting. */
export function threadPoolsOf(names) {
  return Object.fromEntries(Object.entries(threadPools).filter(([name]) => names.includes(name) || name === 'knitting'));
}

export const processPools = {
  twinpool: (task, argument) => openSubmit(task, argument, 'process'),
  tinypool: (task, argument) => openTinypool(task, argument, 'child_process'),
  workerpool: (task, argument) => openWorkerpool(task, argument, 'process'),
  poolifier: (task, argument) => openPoolifier(task, argument, 'cluster'),
  'poolifier, tasks queue': (task, argument) => openPoolifier(task, argument, 'cluster', { enableTasksQueue: true }),
  'jest-worker': (task, argument) => openJestWorker(task, argument, 'process'),
  'bare fork': (task, argument) => openBareFork(task, argument),
};

/** All contenders except ours and the bare loops. */
export const threadPeers = Object.keys(threadPools).filter((name) => name !== 'twinpool' && !name.startsWith('bare'));
export const processPeers = Object.keys(processPools).filter((name) => name !== 'twinpool' && !name.startsWith('bare'));

/** Returns the contenders of a question: each pool with the same task and the same measurement. `warm` is a smaller one for the first round. */
export function contend(pools, task, argument, measure, warm = measure) {
  return Object.fromEntries(
    Object.entries(pools).map(([name, open]) => [
      name,
      alike(open, async () => {
        const pool = await open(task, argument);
        return { warm: () => warm(pool), round: () => measure(pool), close: () => pool.close() };
      }),
    ]),
  );
}

/** Gives a contender the properties of the function that opens its pool (harness/remote.mjs). */
export function alike(open, contender) {
  return Object.assign(contender, open);
}
