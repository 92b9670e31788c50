/** Runs the programs of the two articles in order. Each also runs alone: `node cancelling.mjs`. */
const PROGRAMS = {
  // "multiprocessing.Pool vs ProcessPoolExecutor", 2022
  'pool-basics': () => import('./pool-basics.mjs'),
  'executor-basics': () => import('./executor-basics.mjs'),
  threads: () => import('./threads.mjs'),
  'waiting-for-all': () => import('./waiting-for-all.mjs'),
  groups: () => import('./groups.mjs'),
  'stopping-everything': () => import('./stopping-everything.mjs'),
  'six-maps': () => import('./six-maps.mjs'),
  'errors-of-tasks': () => import('./errors-of-tasks.mjs'),
  // "ProcessPoolExecutor vs Process Pool: Which to Use?", 2026
  'functions-written-inline': () => import('./functions-written-inline.mjs'),
  'submitting-to-a-pool': () => import('./submitting-to-a-pool.mjs'),
  'submitting-to-an-executor': () => import('./submitting-to-an-executor.mjs'),
  cancelling: () => import('./cancelling.mjs'),
  'time-limits': () => import('./time-limits.mjs'),
  'finish-order': () => import('./finish-order.mjs'),
  'beside-the-event-loop': () => import('./beside-the-event-loop.mjs'),
  'many-short-tasks': () => import('./many-short-tasks.mjs'),
  'fetching-and-processing': () => import('./fetching-and-processing.mjs'),
  'how-many-workers': () => import('./how-many-workers.mjs'),
  'shutting-down': () => import('./shutting-down.mjs'),
  'worker-setup': () => import('./worker-setup.mjs'),
  'messages-from-tasks': () => import('./messages-from-tasks.mjs'),
  // What neither of them tells.
  'leaving-a-block': () => import('./leaving-a-block.mjs'),
};

for (const [name, run] of Object.entries(PROGRAMS)) {
  console.log(`\n== ${name}`);
  await run();
}
