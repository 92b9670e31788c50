/** Tests when spinning for the next message pays off. On one processor it never does. */
import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import { Watch } from '../src/worker/spin-wait.ts';

/** Pauses that pass before it looks again, each look in vain. */
function pausesBetweenLooks(watch: Watch, looks: number): number[] {
  const pauses: number[] = [];
  for (let pause = 0; pauses.length < looks; pause++) {
    if (!watch.begin(0)) continue;
    watch.ended(false);
    pauses.push(pause);
    pause = -1;
  }
  return pauses;
}

describe.runIf(availableParallelism() > 1)('a watch', () => {
  it('looks ever more rarely in vain, but never stops', () => {
    expect(pausesBetweenLooks(new Watch(), 9)).toEqual([0, 1, 3, 7, 15, 31, 63, 63, 63]);
  });

  it('looks at every pause again once it has found something', () => {
    const watch = new Watch();
    pausesBetweenLooks(watch, 5);
    while (!watch.begin(0));
    watch.ended(true);
    expect(watch.begin(0)).toBe(true);
    watch.ended(true);
    expect(watch.begin(0)).toBe(true);
  });

  it('does not look after long tasks, and forgets nothing by that', () => {
    const watch = new Watch();
    expect(watch.begin(1)).toBe(false);
    expect(watch.begin(0)).toBe(true);
  });

  it('is over at some time', async () => {
    const watch = new Watch();
    watch.begin(0);
    await expect.poll(() => watch.isOver).toBe(true);
  });
});
