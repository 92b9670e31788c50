/** A fact that both articles omit: the two kinds of block end in opposite ways. */
import { Pool, ProcessPoolExecutor } from 'twinpool';
import { takes } from './tasks.mjs';

// The end of a pool's block is terminate(), in Python too. There the result never becomes ready, and get() hangs. (The array is for the handle: what
// is returned from an `async` function is awaited.)
const [result] = await Pool.use(1, (pool) => [pool.applyAsync(takes, [60_000])]);
await result?.catch((error) => console.log('pool:', error.name));

// The end of an executor's block is shutdown(wait=True).
const [future] = await ProcessPoolExecutor.use(1, (executor) => [executor.submit(takes, 50)]);
console.log('executor:', future?.done(), await future);

// So what is wanted of a pool is awaited inside.
await Pool.use(1, async (pool) => console.log('awaited inside:', await pool.apply(takes, [50])));
