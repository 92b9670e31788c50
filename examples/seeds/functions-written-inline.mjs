/** A function written where it is used: a list of results from a pool, futures from an executor. */
import { Pool, ProcessPoolExecutor } from 'twinpool';

await Pool.use(2, async (pool) => {
  // Both of the article's programs fail in Python: a lambda cannot be pickled, so map() raises PicklingError, and so does each future (only
  // ThreadPool and ThreadPoolExecutor take lambdas). Here a function that uses nothing from around it travels by its source.
  console.log(await pool.map((/** @type {number} */ x) => x ** 2, [1, 2, 3]));

  // One that uses something from around it is refused, by name, before anything is sent.
  const exponent = 2;
  const refused = pool.applyAsync((/** @type {number} */ x) => x ** exponent, [3]);
  console.log(/uses `\w+`/.exec(String(await refused.exception()))?.[0]);

  // That only futures can be asked without waiting, and given a time limit, is not so: in Python a pool's AsyncResult has ready(), wait(timeout)
  // and get(timeout). It has no cancel() there; here it has.
  const result = pool.applyAsync((/** @type {number} */ x) => x ** 2, [4]);
  console.log(result.ready(), await result.get(10_000), result.ready());
});

await ProcessPoolExecutor.use(2, async (executor) => {
  const futures = [1, 2, 3].map((n) => executor.submit((/** @type {number} */ x) => x ** 2, n));
  console.log(await Promise.all(futures.map((future) => future.result())));
});
