/** Three ways to submit work to a pool: all at once, one result after the other, one task with a handle. */
import { Pool } from 'twinpool';
import { square, takes } from './tasks.mjs';

await Pool.use({ processes: 3 }, async (pool) => {
  console.log(await pool.map(square, [1, 2, 3, 4, 5]));

  // imap yields in the order of the input, and not whatever is ready, as the comment in the article has it: that is imapUnordered. The first
  // task here is the last to end.
  for await (const result of pool.imap(takes, [60, 2, 1])) console.log(result);

  const result = pool.applyAsync(square, [10]);
  console.log(await result.get(5_000));

  // "Limited" support for time limits, says the table. get(), wait() and an iterator's next() take one, as in the executor; and in neither API of
  // Python does it stop the task.
  const slow = pool.imap(takes, [300]);
  await slow.next(10).catch((error) => console.log(error.name));
  console.log((await slow.next(10_000)).value);
});
