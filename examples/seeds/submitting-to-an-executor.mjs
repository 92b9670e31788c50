/** Three ways to submit work to an executor: one task with a handle, all at once, and results in the order in which tasks end. */
import { asCompleted, ProcessPoolExecutor } from 'twinpool';
import { square } from './tasks.mjs';

await ProcessPoolExecutor.use({ maxWorkers: 2 }, async (executor) => {
  const future = executor.submit(square, 10);
  console.log(await future.result(5_000));

  const items = [1, 2, 3, 4, 5];
  const futures = items.map((item) => executor.submit(square, item));
  console.log(await Promise.all(futures.map((each) => each.result())));

  // The article says that executor.map returns an iterator of futures, and then does not use it. It iterates results, in Python and here.
  for await (const result of executor.map(square, items)) console.log(result);

  let sum = 0;
  for await (const each of asCompleted(items.map((item) => executor.submit(square, item)))) sum += await each.result();
  console.log(sum);
});
