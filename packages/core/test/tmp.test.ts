import { it } from 'vitest';
import { World, turn } from './simulation/world.ts';
it('x', async () => {
  const world = new World({"size":1,"manner":"claims","maxTasks":1,"startsAtOnce":false,"idleTimeout":Number.POSITIVE_INFINITY,"clients":[{"maxLanes":1,"maxQueue":10,"onLoss":"fail"}]});
  const o = world.clients[0]!;
  const c = o.client;
  const rel = c.released.bind(c), cl = c.claimed.bind(c);
  c.released = (n) => { console.log('released', n, new Error().stack?.split('\n').slice(2,6).join('|')); rel(n); };
  c.claimed = (j, n) => { console.log('claimed', n); cl(j, n); };
  const again = () => void world.call(o, world.functions[0]!, 2, world.settings({}));
  const ob = Object.assign({}, world);
  world.call(o, world.functions[0]!, 1, world.settings({}), again);
  await turn();
  console.log(world.lanes.length, world.lanes[0]?.state, c.open, c.queued, world.engine.stats());
  await world.comeToRest().catch(() => {});
  console.log(world.lanes.map(l => [l.state, l.callsLeft, l.inbox.length, l.begun.length, l.outstanding, [...l.chunks]]), c.open, c.queued, world.troubles);
});
