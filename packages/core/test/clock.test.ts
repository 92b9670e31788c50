import { FakeClock } from '@twinpool/testkit';
import { describe, expect, it, vi } from 'vitest';
import { Alarm, systemClock } from '../src/primitives/clock.ts';

/** The longest delay of Node's timers. A longer one fires at once. */
const LONGEST = 2 ** 31 - 1;

function setUp(keepsAlive = false) {
  const clock = new FakeClock();
  const rung: number[] = [];
  const alarm = new Alarm(clock, () => rung.push(clock.now()), { keepsAlive });
  return { clock, rung, alarm };
}

describe('an alarm', () => {
  it('rings once, when it is due', () => {
    const { clock, rung, alarm } = setUp();
    alarm.set(100);
    clock.advance(99);
    expect(rung).toEqual([]);
    expect(alarm.isSet).toBe(true);
    clock.advance(500);
    expect(rung).toEqual([100]);
    expect(alarm.isSet).toBe(false);
  });

  it('can be moved back and forth', () => {
    const { clock, rung, alarm } = setUp();
    alarm.set(100);
    clock.advance(50);
    alarm.set(100);
    clock.advance(60);
    alarm.set(10);
    clock.advance(1000);
    expect(rung).toEqual([120]);
  });

  it('needs one timer, however often it is moved further away', () => {
    const { clock, alarm } = setUp();
    const set = vi.spyOn(clock, 'setTimeout');
    alarm.set(100);
    for (let i = 0; i < 50; i++) {
      clock.advance(1);
      alarm.set(100);
    }
    expect(set).toHaveBeenCalledTimes(1);
    expect(clock.pending).toBe(1);
  });

  it('does not ring when it was cleared, and can be set again', () => {
    const { clock, rung, alarm } = setUp();
    alarm.set(10);
    alarm.clear();
    expect(alarm.isSet).toBe(false);
    clock.advance(100);
    expect(rung).toEqual([]);
    alarm.set(10);
    clock.advance(100);
    expect(rung).toEqual([110]);
  });

  it('that is stopped holds no timer', () => {
    const { clock, rung, alarm } = setUp();
    alarm.set(10);
    alarm.stop();
    expect(clock.pending).toBe(0);
    clock.advance(100);
    expect(rung).toEqual([]);
  });

  it('never rings for Infinity, and holds no timer for it', () => {
    const { clock, rung, alarm } = setUp();
    alarm.set(Number.POSITIVE_INFINITY);
    expect(clock.pending).toBe(0);
    expect(alarm.isSet).toBe(false);
    clock.advance(1e15);
    expect(rung).toEqual([]);
  });

  it('waits longer than Node can, by waiting again', () => {
    const { clock, rung, alarm } = setUp();
    const set = vi.spyOn(clock, 'setTimeout');
    alarm.set(LONGEST * 3);
    clock.advance(LONGEST * 2.5);
    expect(rung).toEqual([]);
    clock.advance(LONGEST);
    expect(rung).toEqual([LONGEST * 3]);
    for (const [, delay] of set.mock.calls) expect(delay).toBeLessThanOrEqual(LONGEST);
  });

  it('that is due already rings on the next turn, not at once', () => {
    const { clock, rung, alarm } = setUp();
    alarm.set(0);
    alarm.set(-5);
    expect(rung).toEqual([]);
    clock.advance(0);
    expect(rung).toEqual([0]);
  });

  it('can be set again by what it rings for', () => {
    const clock = new FakeClock();
    const rung: number[] = [];
    const alarm = new Alarm(clock, () => {
      rung.push(clock.now());
      if (rung.length < 3) alarm.set(10);
    });
    alarm.set(10);
    clock.advance(100);
    expect(rung).toEqual([10, 20, 30]);
  });

  it('keeps the program alive only if it is made to', () => {
    const idle = setUp();
    idle.alarm.set(100);
    expect(idle.clock.keepingAlive).toBe(0);
    const busy = setUp(true);
    busy.alarm.set(100);
    expect(busy.clock.keepingAlive).toBe(1);
  });
});

describe('the clock of the system', () => {
  it('does not go by the time of day [F-82]', () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const before = systemClock.now();
    vi.setSystemTime(Date.now() + 3_600_000);
    expect(systemClock.now() - before).toBeLessThan(1000);
    vi.useRealTimers();
  });
});
