// The program that `startup-processes` measures as a bound: the least that a pool takes which starts its processes before its package is loaded. It
// loads twinpool meanwhile, and uses fork's channel.
import { fork } from 'node:child_process';
import { once } from 'node:events';

const children = [1, 2].map(() => fork(new URL('../tasks/bare-process-with-worker-program.mjs', import.meta.url), ['increment']));
await import('@twinpool/pool');
children[0].send([1, 1]);
const [[, result]] = await once(children[0], 'message');
console.log(result);
for (const child of children) child.disconnect();
