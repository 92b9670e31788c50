import { Pool, TaskSerializationError, TaskValidationError, taskRef } from 'twinpool';
import { area } from './checked.ts';
import { countPrimes } from './tasks.ts';

const factor = 3;

await using pool = new Pool(2);

// An exported function, just passed; a self-contained inline function; a reference; a checked task.
console.log(await pool.map(countPrimes, [10, 100]));
console.log(await pool.map((x: number) => x ** 2, [1, 2, 3]));
const reference = taskRef<typeof import('./tasks.ts').countPrimes>(new URL('./tasks.ts', import.meta.url), 'countPrimes');
console.log(await pool.apply(reference, [1_000]));
console.log(await pool.apply(area, [6, 7]));

// Refused before anything is sent: a variable from around the function, arguments that do not fit.
const scaled = pool.applyAsync((x: number) => x * factor, [1]);
console.log((await scaled.exception()) instanceof TaskSerializationError);
const misfit = pool.applyAsync(area, JSON.parse('["6", 7]'));
console.log((await misfit.exception()) instanceof TaskValidationError);
