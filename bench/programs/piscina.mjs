// The program that `startup-*` measures for comparison: a pool of piscina, one task, exit.
import { Piscina } from 'piscina';

const pool = new Piscina({
  filename: new URL('../tasks/tasks.mjs', import.meta.url).href,
  name: 'increment',
  minThreads: 2,
  maxThreads: 2,
});
console.log(await pool.run(1));
await pool.close();
