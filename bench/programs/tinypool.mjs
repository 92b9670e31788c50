// The program that `startup-*` measures for comparison: a pool of tinypool, one task, exit.
import { Tinypool } from 'tinypool';

const [runtime] = process.argv.slice(2);
const pool = new Tinypool({
  filename: new URL('../tasks/tasks.mjs', import.meta.url).href,
  name: 'increment',
  runtime,
  minThreads: 2,
  maxThreads: 2,
});
console.log(await pool.run(1));
await pool.destroy();
