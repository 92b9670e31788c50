// The same work in five ways: a plain loop, and both APIs over processes and over threads.
// Each way takes the paths, the number of workers (or a runtime that has them) and a callback for progress, and gives the records in any order.
import { asCompleted, Pool, ProcessPoolExecutor, ThreadPool, ThreadPoolExecutor } from 'twinpool';
import { survey } from './survey-task.mjs';

/**
 * @typedef {import('./survey-task.mjs').SurveyRecord} SurveyRecord
 * @typedef {number | { runtime: import('twinpool').WorkerRuntime }} Where
 * @typedef {(paths: string[], workers: Where, update: (done: number) => void) => SurveyRecord[] | Promise<SurveyRecord[]>} Way
 */

/** @type {Record<string, Way>} */
export const ways = {
  serial(paths, _workers, update) {
    return paths.map((path, i) => {
      update(i);
      return survey(path);
    });
  },

  'Pool.imapUnordered'(paths, workers, update) {
    return Pool.use(workers, async (pool) => {
      const records = [];
      for await (const record of pool.imapUnordered(survey, paths)) update(records.push(record));
      return records;
    });
  },

  'ProcessPoolExecutor.submit + asCompleted'(paths, workers, update) {
    return ProcessPoolExecutor.use(workers, async (executor) => {
      const futures = paths.map((path) => executor.submit(survey, path));
      const records = [];
      for await (const future of asCompleted(futures)) update(records.push(await future.result()));
      return records;
    });
  },

  'ThreadPool.map'(paths, workers, update) {
    return ThreadPool.use(workers, (pool) => pool.map(survey, paths, { onProgress: ({ completed }) => update(completed) }));
  },

  'ThreadPoolExecutor.map'(paths, workers, update) {
    return ThreadPoolExecutor.use(workers, (executor) =>
      executor.map(survey, paths, { onProgress: ({ completed }) => update(completed) }).toArray(),
    );
  },
};
