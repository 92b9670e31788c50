/** Runs the short forms of chaos/, each as a separate process. The long forms are `npm run chaos -- <name>`. */
import { runNode } from '@twinpool/testkit';
import { it } from '@twinpool/testkit/sample';
import { expect } from 'vitest';

const root = new URL('../../../../', import.meta.url);
/** A new seed each time. A run that breaks an invariant prints it. */
const seed = Math.floor(Math.random() * 2 ** 31);

it.each([
  ['s1', 'workers killed all the time: every task settles once, none runs twice, none is lost without its worker'],
  ['s2', 'a task leaves nothing in memory'],
  ['s3', 'signals, exits, aborts, throws: every task settles once, none runs twice'],
  ['s4', 'cancelling, time limits and aborts: what was cancelled never ran, nothing fails for no reason'],
  ['s5', 'workers that cannot start: bounded starts, told in time, healed in time'],
  ['s6', 'pools made and ended over and over leave nothing'],
  ['s10', 'maxTasksPerChild is exact, and strands nothing'],
  ['s11', 'several tasks in one worker, some of them stuck: every task settles once, and no neighbour fails for no reason'],
  ['frames', 'no bytes of a worker bring its reader down'],
])('%s: %s', { timeout: 60_000 }, async (name) => {
  const run = runNode(['chaos/main.mjs', name, '--short', '--seed', String(seed)], root);
  const { code } = await run.end(55_000);
  expect(code, `${run.output}\n${run.errors}`).toBe(0);
  expect(run.output).toMatch(/\nheld\n$/);
});
