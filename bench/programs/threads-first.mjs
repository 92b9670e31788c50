// The program that `startup-threads` measures as a bound: the least that a pool on piscina takes which starts its threads before the rest of its
// package is loaded. It loads twinpool meanwhile, and piscina runs the task.
import { Piscina } from 'piscina';

const pool = new Piscina({
  filename: new URL('../tasks/with-worker-program.mjs', import.meta.url).href,
  name: 'increment',
  minThreads: 2,
  maxThreads: 2,
});
const result = pool.run(1);
await import('@twinpool/pool');
console.log(await result);
await pool.close();
