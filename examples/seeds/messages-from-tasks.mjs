/** Sends messages before the result: the purpose of a multiprocessing.Queue in Python. */
import { Pool, ProcessPoolExecutor } from 'twinpool';
import { countDown } from './countdown.mjs';

// The article allows queues with a pool and not with an executor. In Python both refuse a multiprocessing.Queue as an argument (RuntimeError), and
// both take it by initializer and initargs, or a queue of a manager. Here a task reports, in both.
/** @param {unknown} value */
const onReport = (value) => console.log('reported', value);

console.log(await Pool.use(1, (pool) => pool.apply(countDown, [2], { onReport })));
console.log(await ProcessPoolExecutor.use(1, (executor) => executor.withOptions({ onReport }).submit(countDown, 2)));
