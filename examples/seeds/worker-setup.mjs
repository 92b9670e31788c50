/** Code that each worker runs once, before its first task. */
import { Pool, ProcessPoolExecutor } from 'twinpool';
import { knows, learn } from './vocabulary.mjs';

const setUp = { initializer: learn, initargs: [['queue', 'future']] };

console.log(await Pool.use({ processes: 1, ...setUp }, (pool) => pool.map(knows, ['future', 'past'])));

// The article sends everybody who needs an initializer to the pool. ProcessPoolExecutor has had initializer and initargs since Python 3.7, and
// max_tasks_per_child since 3.11.
const options = { maxWorkers: 1, maxTasksPerChild: 100, ...setUp };
console.log(await ProcessPoolExecutor.use(options, (executor) => executor.map(knows, ['future', 'past']).toArray()));
