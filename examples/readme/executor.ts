import { asCompleted, ProcessPoolExecutor } from 'twinpool';
import { countPrimes } from './tasks.ts';

await using executor = new ProcessPoolExecutor(2);

// Every result, in input order.
console.log(await executor.map(countPrimes, [10, 100, 1_000]).toArray());

// One by one, as they are done.
let sum = 0;
const futures = [10, 100, 1_000].map((n) => executor.submit(countPrimes, n));
for await (const future of asCompleted(futures)) sum += await future.result();
console.log(sum);

// One task, and a handle on it.
const future = executor.submit(countPrimes, 100_000);
console.log(future.done(), await future.result(60_000));
