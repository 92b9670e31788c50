import { Pool, ProcessPoolExecutor, WorkerRuntime } from 'twinpool';
import { countPrimes } from './tasks.ts';

await using runtime = new WorkerRuntime({ workers: 2 });
await using pool = new Pool({ runtime });
await using executor = new ProcessPoolExecutor({ runtime });

const [counts, count] = await Promise.all([pool.map(countPrimes, [10, 100, 1_000]), executor.submit(countPrimes, 10_000)]);
console.log(counts, count);
