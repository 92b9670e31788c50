/** Tests when spinning for the next message pays off. On one processor it never does. */
import { availableParallelism } from 'node:os';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { cpuCount } from '../src/resources/cpu-count.ts';
import { SpinWait } from '../src/worker/spin-wait.ts';

/** The number of pauses before each poll, when no poll finds a message. */
function pausesBetweenPolls(spinWait: SpinWait, polls: number): number[] {
  const pauses: number[] = [];
  for (let pause = 0; pauses.length < polls; pause++) {
    if (!spinWait.begin(0)) continue;
    spinWait.ended(false);
    pauses.push(pause);
    pause = -1;
  }
  return pauses;
}

describe.runIf(cpuCount() > 1)('a spin wait', () => {
  it('polls less often after each unsuccessful poll, but never stops', () => {
    expect(pausesBetweenPolls(new SpinWait(), 9)).toEqual([0, 1, 3, 7, 15, 31, 63, 63, 63]);
  });

  it('polls at every pause again after a poll found a message', () => {
    const spinWait = new SpinWait();
    pausesBetweenPolls(spinWait, 5);
    while (!spinWait.begin(0));
    spinWait.ended(true);
    expect(spinWait.begin(0)).toBe(true);
    spinWait.ended(true);
    expect(spinWait.begin(0)).toBe(true);
  });

  it('does not poll after long tasks, and keeps its count meanwhile', () => {
    const spinWait = new SpinWait();
    expect(spinWait.begin(1)).toBe(false);
    expect(spinWait.begin(0)).toBe(true);
  });

  it('ends', async () => {
    const spinWait = new SpinWait();
    spinWait.begin(0);
    await expect.poll(() => spinWait.isOver).toBe(true);
  });
});

describe('a worker that is loaded with TWINPOOL_CPU_COUNT', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.resetModules();
  });

  async function pollsWith(count: string): Promise<boolean> {
    vi.stubEnv('TWINPOOL_CPU_COUNT', count);
    vi.resetModules();
    const loaded = await import('../src/worker/spin-wait.ts');
    return new loaded.SpinWait().begin(0);
  }

  it.each([
    ['1', false],
    ['2', true],
    // It does not fail to start.
    ['many', availableParallelism() > 1],
  ])('%s polls: %s', async (count, polls) => {
    expect(await pollsWith(count)).toBe(polls);
  });
});
