// The program that `startup-*` measures for comparison: a pool of poolifier, one task, exit.
import { FixedClusterPool, FixedThreadPool } from 'poolifier';

const isThread = process.argv[2] === 'thread';
const worker = new URL(`../tasks/poolifier-${isThread ? 'thread.mjs' : 'cluster.cjs'}`, import.meta.url).pathname;
const pool = new (isThread ? FixedThreadPool : FixedClusterPool)(2, worker);
console.log(await pool.execute(1, 'increment'));
await pool.destroy();
