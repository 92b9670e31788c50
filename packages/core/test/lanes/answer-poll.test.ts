/** Tests when the program polls for answers, with channels that have their message at a given reading, and a clock that moves at each reading of it. */
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { PolledChannel } from '../../src/lanes/answer-poll.ts';

/** ms a reading of the clock. */
const STEP = 0.01;
/** Looks between two readings of the clock. */
const LOOKS = 8;
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

interface CountedChannel extends PolledChannel {
  isAwaited: boolean;
  isPolledAlone: boolean;
  isAttendedAtOnce: boolean;
  looks: number;
  reads: number;
  /** What its worker knows. */
  needsNoWake: boolean;
}

/** A channel that has a message at its look number `at`; it counts its looks and readings. */
function channelWith(at: number, onMessage = (): void => undefined): CountedChannel {
  return {
    isExpected: false,
    isAttended: false,
    isAwaited: true,
    isAttendedAtOnce: true,
    isPolledAlone: false,
    longestPoll: 0.03,
    looksAtOnce: LOOKS,
    looks: 0,
    reads: 0,
    needsNoWake: false,
    get hasNews() {
      this.looks += 1;
      return this.looks === at;
    },
    read() {
      this.reads += 1;
      onMessage();
    },
    attend() {
      this.needsNoWake = true;
    },
    rest() {
      this.needsNoWake = false;
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

  it('is attended before the poll, where its worker may answer before that, and else during the poll only', async () => {
    const [early, late] = [channelWith(3), channelWith(3)];
    late.isAttendedAtOnce = false;
    let whilePolled: boolean | undefined;
    late.read = () => {
      whilePolled = late.needsNoWake;
    };
    expectAnswer(early);
    expectAnswer(late);
    expect([early.needsNoWake, late.needsNoWake]).toEqual([true, false]);
    await turn();
    await turn();
    expect(whilePolled).toBe(true);
  });

  it('is polled for until it is there', async () => {
    const channel = channelWith(12);
    expectAnswer(channel);
    await turn();
    expect([channel.looks, channel.reads]).toEqual([12, 1]);
  });

  it('is not polled for longer than 30 µs', async () => {
    const channel = never();
    expectAnswer(channel);
    await turn();
    expect([channel.looks, channel.reads]).toEqual([3 * LOOKS, 0]);
  });

  it('leaves channels out that are polled alone, if another one is awaited', async () => {
    const [alone, other, thread] = [channelWith(3), channelWith(3), channelWith(3)];
    alone.isPolledAlone = other.isPolledAlone = true;
    for (const channel of [alone, other]) expectAnswer(channel);
    await tick();
    await tick();
    expect([alone.looks, other.looks]).toEqual([0, 0]);
    expectAnswer(alone);
    await tick();
    await tick();
    expect([alone.looks, alone.reads]).toEqual([3, 1]);
    for (const channel of [other, thread]) expectAnswer(channel);
    await tick();
    await tick();
    expect([other.looks, thread.looks, thread.reads]).toEqual([0, 3, 1]);
  });

  it('is polled for as long as its channel says, with as many looks between two readings of the clock', async () => {
    const slow: CountedChannel = Object.assign(never(), { longestPoll: 0.195, looksAtOnce: 1 });
    expectAnswer(slow);
    await turn();
    expect([slow.looks, slow.reads]).toEqual([20, 0]);
  });

  it('of a slow channel does not wait for many looks at a fast one', async () => {
    const slow: CountedChannel = Object.assign(never(), { longestPoll: 0.095, looksAtOnce: 1 });
    const fast = never();
    expectAnswer(fast);
    expectAnswer(slow);
    await turn();
    expect([fast.looks, slow.looks]).toEqual([10, 10]);
  });

  it('is polled for once, however often it is expected', async () => {
    const channel = channelWith(1);
    expectAnswer(channel);
    expectAnswer(channel);
    await turn();
    expect(channel.looks).toBe(1);
  });

  it('may be followed by one that its receiver expects', async () => {
    const channel: CountedChannel = channelWith(1, () => expectAnswer(channel));
    expectAnswer(channel);
    await tick();
    await turn();
    expect(channel.looks).toBeGreaterThan(1);
  });

  it('is not polled for if it came together with another one', async () => {
    const channel: CountedChannel = channelWith(1, () => {
      expectAnswer(channel);
      channel.isAwaited = false;
    });
    expectAnswer(channel);
    const { at } = clock;
    await turn();
    const used = clock.at - at;
    // Neither a look nor a reading of the clock for the second one.
    expect([channel.looks, channel.reads]).toEqual([1, 1]);
    expect(used).toBeLessThan(4 * STEP);
    const other = never();
    channel.isAwaited = false;
    expectAnswer(channel);
    expectAnswer(other);
    await turn();
    expect([channel.looks, other.looks]).toEqual([1, 3 * LOOKS]);
  });

  it('is polled for after that of another channel came', async () => {
    const [first, second] = [channelWith(1), channelWith(2)];
    expectAnswer(first);
    expectAnswer(second);
    await turn();
    expect([first.reads, second.reads]).toEqual([1, 1]);
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
    const channel: CountedChannel = channelWith(1, () => {
      channel.looks = 0;
      if (hasTurned) resolve();
      else expectAnswer(channel);
    });
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
  // LOOKS looks at the channel go with one reading of the clock. 100 readings are 1 ms; the others are a tenth of those of the whole time.
  const polls = () => channel.looks / LOOKS;
  expect(polls()).toBeGreaterThan(100);
  expect(polls()).toBeLessThan(600);
  const before = polls();
  expectAnswer(channel);
  await turn();
  expect(polls() - before).toBeLessThanOrEqual(3);
  clock.at += 1000;
  expectAnswer(channel);
  await turn();
  expect(polls() - before).toBeGreaterThanOrEqual(3);
});

describe('the worker need not wake the event loop', () => {
  it('from the moment at which an answer is expected to the end of the turn', async () => {
    const channel = never();
    expectAnswer(channel);
    expect(channel.needsNoWake).toBe(true);
    await turn();
    expect(channel.needsNoWake).toBe(false);
  });

  it('while polls for one answer after the other go on', async () => {
    const channel: CountedChannel = channelWith(1, () => {
      expect(channel.needsNoWake).toBe(true);
    });
    for (let i = 0; i < 3; i++) {
      channel.looks = 0;
      expectAnswer(channel);
      await tick();
      await tick();
    }
    expect([channel.reads, channel.needsNoWake]).toEqual([3, true]);
    await turn();
    expect(channel.needsNoWake).toBe(false);
  });

  it('while a poll is planned for the next turn, because this one is long', async () => {
    const channel = channelWith(1, () => expect(channel.needsNoWake).toBe(true));
    const rest = vi.spyOn(channel, 'rest');
    expectAnswer(channel);
    clock.at += 1;
    await turn();
    // This turn has ended, and the poll comes right after this line.
    expect([channel.reads, channel.needsNoWake, rest.mock.calls.length]).toEqual([0, true, 0]);
    await turn();
    expect([channel.reads, channel.needsNoWake, rest.mock.calls.length]).toEqual([1, false, 1]);
  });

  it('and has to again after the turn, also if readers throw', async () => {
    const calm = never();
    const fail = (): never => {
      throw new Error('of a reader');
    };
    const failing = [channelWith(1, fail), never()] as const;
    failing[1].rest = fail;
    const errors: unknown[] = [];
    const others = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', (error) => errors.push(error));
    for (const channel of [...failing, calm]) expectAnswer(channel);
    await vi.waitFor(() => expect(errors).toHaveLength(2));
    process.removeAllListeners('uncaughtException');
    for (const other of others) process.on('uncaughtException', other);
    expect(calm.needsNoWake).toBe(false);
  });
});
