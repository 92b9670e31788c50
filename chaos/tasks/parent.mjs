// Runs a program with two worker processes in the state that its argument names, until it is killed. Prints "up" when they are in that state.
import { fileURLToPath } from 'node:url';
import { taskRef } from '@twinpool/core';
import { Pool } from '@twinpool/pool';

const [way] = process.argv.slice(2);
const pool = new Pool(2);
const ways = taskRef(fileURLToPath(new URL('./ways.mjs', import.meta.url)));
const pids = await Promise.all([pool.apply(ways.pid), pool.apply(ways.pid)]);
if (way === 'async') for (let i = 0; i < 2; i++) void pool.applyAsync(ways.wait);
if (way === 'loop') for (let i = 0; i < 2; i++) void pool.applyAsync(ways.loop);
if (way === 'native') for (let i = 0; i < 2; i++) void pool.applyAsync(ways.sleepNatively);
if (way === 'stopped') for (const pid of new Set(pids)) process.kill(pid, 'SIGSTOP');
setTimeout(() => console.log('up'), 20);
setInterval(() => undefined, 1000);
