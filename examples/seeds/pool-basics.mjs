/** A pool from its first line to its last: the number of workers, one function over many items, a handle instead of a result, the end. */
import { Pool } from 'twinpool';
import { square } from './tasks.mjs';

const items = [1, 2, 3, 4];
const pool = new Pool(2);

for (const result of await pool.map(square, items)) console.log(result);

// Python has this class as multiprocessing.pool.AsyncResult; the name in the article, multiprocessing.AsyncResult, is an AttributeError.
const result = pool.mapAsync(square, items);
console.log(result.ready(), await result, result.ready());

// The article lets close() release what the pool holds. It only ends the taking of new work, and sends no signal; join() is the wait for the
// workers' end, in Python too.
const last = pool.applyAsync(square, [12]);
pool.close();
await pool.join();
console.log(`accepted before close(): ${await last}`);
await pool.apply(square, [1]).catch((error) => console.log(error.name));
