/** Tests tasks that are taken back before a worker thread has read their messages: they never run, and their slots are reused. */
import { makeGate, within } from '@twinpool/testkit';
import { it } from '@twinpool/testkit/sample';
import { mark } from '@twinpool/testkit/tasks';
import { expect, onTestFinished } from 'vitest';
import { open } from './workplace.ts';

/** More than the messages that can be under way to one thread (SLOTS in wire/cells.ts), twice over. */
const MANY = 150;

it('a thread that is held up by a leftover never runs what was taken back meanwhile, and answers what came after it', async () => {
  const gate = makeGate();
  const cells = new Int32Array(new SharedArrayBuffer(8));
  onTestFinished(() => {
    Atomics.store(cells, 1, 1);
    Atomics.notify(cells, 1);
  });
  const work = open('thread', 1);
  await work.call(mark, gate.path, 'before');
  await work.call((held: Int32Array) => {
    setTimeout(() => {
      Atomics.store(held, 0, 1);
      Atomics.wait(held, 1, 0);
    }, 0);
  }, cells);
  while (Atomics.load(cells, 0) === 0) await new Promise((resolve) => setImmediate(resolve));

  let handedOver = 0;
  for (let i = 0; i < MANY; i++) {
    const controller = new AbortController();
    const { job, promise } = work.begin(mark, [gate.path, `aborted ${i}`], { signal: controller.signal });
    if (job.isHandedOver) handedOver += 1;
    controller.abort();
    await expect(promise).rejects.toMatchObject({ code: 'ERR_TWINPOOL_CANCELLED' });
  }
  // No more than there are places; the others wait until the thread has read some.
  expect(handedOver).toBeGreaterThan(50);
  expect(handedOver).toBeLessThan(MANY);
  const last = work.call(mark, gate.path, 'last');
  Atomics.store(cells, 1, 1);
  Atomics.notify(cells, 1);
  expect(await within(last)).toBe('last');
  expect(gate.labels()).toEqual(['before', 'last']);
  expect(work.attachment.stats()).toMatchObject({ lostWorkers: 0, protocolAnomalies: 0 });
});
