/** Tests when the program polls for answers, with channels that have their message at a given reading, and a clock that moves at each reading of it. */
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { PolledChannel } from '../../src/lanes/answer-poll.ts';

/** ms a reading of the clock. */
const STEP = 0.01;
const clock = vi.hoisted(() => ({ at: 1000 }));
vi.mock('../../src/primitives/time.ts', async (load) => ({
  ...(await load<typeof import('../../src/primitives/time.ts')>()),
  now: () => {
    clock.at += STEP;
    return clock.at;
  },
}));

let expectAnswer: typeof import('../../src/lanes/answer-poll.ts').expectAnswer;

beforeEach(async () => {
  vi.resetModules();
  ({ expectAnswer } = await import('../../src/lanes/answer-poll.ts'));
});

/** A channel that has a message at its reading number `at`; it counts its readings. */
function channelWith(at: number, onMessage = (): void => undefined): PolledChannel & { reads: number } {
  return {
    isExpected: false,
    reads: 0,
    read() {
      this.reads += 1;
      if (this.reads !== at) return false;
      onMessage();
      return true;
    },
  };
}
const never = () => channelWith(Number.POSITIVE_INFINITY);
const tick = () => new Promise<void>((resolve) => process.nextTick(resolve));
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('an answer that is expected', () => {
  it('is read after the microtasks of this turn, and before its immediates', async () => {
    const order: string[] = [];
    setImmediate(() => order.push('immediate'));
    expectAnswer(channelWith(1, () => order.push('answer')));
    await Promise.resolve().then(() => order.push('microtask'));
    await turn();
    expect(order).toEqual(['microtask', 'answer', 'immediate']);
  });

  it('is polled for until it is there', async () => {
    const channel = channelWith(2);
    expectAnswer(channel);
    await turn();
    expect(channel.reads).toBe(2);
  });

  it('is not polled for longer than 30 µs', async () => {
    const channel = never();
    expectAnswer(channel);
    await turn();
    expect(channel.reads).toBe(3);
  });

  it('is polled for once, however often it is expected', async () => {
    const channel = channelWith(1);
    expectAnswer(channel);
    expectAnswer(channel);
    await turn();
    expect(channel.reads).toBe(1);
  });

  it('may be followed by one that its receiver expects', async () => {
    const channel: PolledChannel & { reads: number } = channelWith(1, () => expectAnswer(channel));
    expectAnswer(channel);
    await tick();
    await turn();
    expect(channel.reads).toBeGreaterThan(1);
  });

  it('is polled for after that of another channel came', async () => {
    const [first, second] = [channelWith(1), channelWith(2)];
    expectAnswer(first);
    expectAnswer(second);
    await turn();
    expect([first.reads, second.reads]).toEqual([1, 2]);
  });
});

it('nothing is polled while nothing is expected', async () => {
  const channel = channelWith(1);
  expectAnswer(channel);
  await turn();
  const { at } = clock;
  await turn();
  await turn();
  expect(clock.at).toBe(at);
});

it('the event loop turns, however many answers follow each other', async () => {
  let hasTurned = false;
  setImmediate(() => {
    hasTurned = true;
  });
  await new Promise<void>((resolve) => {
    const channel: PolledChannel = {
      isExpected: false,
      read() {
        if (hasTurned) resolve();
        else expectAnswer(channel);
        return true;
      },
    };
    expectAnswer(channel);
  });
  expect(hasTurned).toBe(true);
});

it('polls in vain use 1 ms, and then a tenth of the time', async () => {
  const channel = never();
  for (let i = 0; i < 1000; i++) {
    expectAnswer(channel);
    await turn();
  }
  // Each reading of the channel goes with one of the clock. About 100 readings are 1 ms; the others are a tenth of those of the whole time.
  const all = clock.at;
  expect(channel.reads).toBeGreaterThan(100);
  expect(channel.reads).toBeLessThan(600);
  const { reads } = channel;
  expectAnswer(channel);
  await turn();
  expect(channel.reads - reads).toBeLessThanOrEqual(3);
  clock.at = all + 1000;
  expectAnswer(channel);
  await turn();
  expect(channel.reads - reads).toBeGreaterThanOrEqual(3);
});
