import { it } from 'vitest';
import { World, turn } from './simulation/world.ts';
import { deeds } from './simulation.test.ts';
it('x', async () => {
  const world = new World({"size":3,"manner":"claims","maxTasks":7,"startsAtOnce":false,"idleTimeout":Number.POSITIVE_INFINITY,"clients":[{"maxLanes":4,"maxQueue":2,"onLoss":"fail"}]});
  for (const [n, a, b] of [["call",0,27],["cancel",0,0],["stream",4,0],["ready",0,0],["work",0,20],["ready",0,0],["call",0,3],["call",0,15],["call",0,91],["begin",15,0],["ready",0,0]] as const) {
    deeds[n]!(world, a, b); await turn();
    console.log(n, a, b, JSON.stringify(world.lanes.map(l => [l.state, l.callsLeft, 'run', l.running?.item, l.running?.job.fn.name, 'inbox', l.inbox.map(t => [t.item, t.job.fn.name, t.job.constructor.name])])), world.clients[0]!.client.queued, world.troubles);
    try { world.inspect(); } catch { console.log(world.troubles) }
  }
});
