// The program that `startup-*` measures for comparison: two forked processes without a pool, one task, exit.
import { fork } from 'node:child_process';
import { once } from 'node:events';

const children = [1, 2].map(() => fork(new URL('../tasks/bare-process.mjs', import.meta.url), ['increment']));
children[0].send([1, 1]);
const [[, result]] = await once(children[0], 'message');
console.log(result);
for (const child of children) child.disconnect();
