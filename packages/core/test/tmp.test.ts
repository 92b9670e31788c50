import { it } from 'vitest';
import { World, turn, TASK_TIMEOUT } from './simulation/world.ts';
it('x', async () => {
  const world = new World({"size":1,"manner":"claims","maxTasks":1,"startsAtOnce":false,"idleTimeout":Number.POSITIVE_INFINITY,"clients":[{"maxLanes":1,"maxQueue":2,"onLoss":"fail"}]});
  const o = world.clients[0]!;
  const c = o.client;
  for (const n of ['tasksAccepted', 'hold', 'release', 'tasksEnded', 'claimed', 'released'] as const) { const f = (c as any)[n].bind(c); (c as any)[n] = (...a: any[]) => { console.log(n, a.at(-2) === undefined ? a[0] : a, new Error().stack?.split('\n').slice(2, 5).map(x => x.trim().split(' ')[1]).join(' < ')); return f(...a); }; }
  world.stream(o, world.functions[0]!, [1], {input: 'sync', window: 5, ordered: true, chunksize: undefined, eager: false, failsAt: 4}, world.settings({}));
  await turn();
  await world.comeToRest().catch(e => console.log(e.message));
});
