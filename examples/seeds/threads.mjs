/** The same with threads: only the class differs. */
import { ThreadPool, ThreadPoolExecutor } from 'twinpool';
import { square } from './tasks.mjs';

// In Python threads take turns at computing, so its two classes of them are for waiting. Threads of Node.js compute in parallel, and share little
// but the process: what the articles say of processes (data is copied, each loads the modules anew) holds for them too.
console.log(await ThreadPool.use(2, (pool) => pool.map(square, [1, 2, 3])));
console.log(await ThreadPoolExecutor.use(2, (executor) => executor.map(square, [1, 2, 3]).toArray()));
