import { Pool } from 'twinpool';
import { countPrimes } from './tasks.ts';

await using pool = new Pool(2);

// Every result, in input order.
console.log(await pool.map(countPrimes, [10, 100, 1_000]));

// One by one, as they are done.
let sum = 0;
for await (const count of pool.imapUnordered(countPrimes, [10, 100, 1_000])) {
  sum += count;
}
console.log(sum);

// One task, and a handle on it.
const result = pool.applyAsync(countPrimes, [100_000]);
console.log(result.ready(), await result.get(60_000));
