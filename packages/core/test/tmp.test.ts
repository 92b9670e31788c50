import { it } from 'vitest';
import { World, turn, TASK_TIMEOUT } from './simulation/world.ts';
it('x', async () => {
  const world = new World({"size":1,"manner":"claims","maxTasks":1,"startsAtOnce":false,"idleTimeout":Number.POSITIVE_INFINITY,"clients":[{"maxLanes":1,"maxQueue":2,"onLoss":"fail"}]});
  const o = world.clients[0]!;
  world.stream(o, world.functions[0]!, [1, 2], {input: 'sync', window: 1, ordered: true, chunksize: undefined, eager: true, failsAt: 40}, world.settings({}));
  await turn();
  const e = [...world.book.values()][0]!;
  world.take(e);
  await turn();
  world.take(e);
  await turn();
  await world.comeToRest().catch(e => console.log(e.message));
  console.log(world.lanes.map(l => [l.state, l.callsLeft, l.inbox.length, l.begun.length, l.outstanding, l.isKilled, l.isAskedToEnd, l.isStarted]), o.client.open, o.client.queued, o.client.front(), e, world.engine.stats());
});
