import { FakeClock } from '@twinpool/testkit';
import { expect, test } from 'vitest';
import { KeptMemory } from '../src/primitives/kept-memory.ts';

const MB = 1_000_000;

test.each([
  [false, ArrayBuffer],
  [true, SharedArrayBuffer],
])('shared: %s: memory that was given back is taken again, by one user at a time', (isShared, Class) => {
  const memory = new KeptMemory(new FakeClock(), isShared);
  const first = memory.take(2 * MB);
  expect(first).toBeInstanceOf(Class);
  expect(first.byteLength).toBe(2 * MB);
  const second = memory.take(2 * MB);
  expect(second).not.toBe(first);
  memory.give(first);
  expect(memory.take(1 * MB)).toBe(first);
  expect(memory.take(1 * MB)).not.toBe(first);
});

test('the largest piece is kept, and none for much less than it is', () => {
  const memory = new KeptMemory(new FakeClock(), false);
  const [small, large] = [memory.take(1 * MB), memory.take(8 * MB)];
  memory.give(small);
  memory.give(large);
  memory.give(small);
  expect(memory.take(1 * MB).byteLength).toBe(1 * MB);
  expect(memory.take(9 * MB).byteLength).toBe(9 * MB);
  expect(memory.take(2 * MB)).toBe(large);
});

test('a second after its last use it is dropped; smaller uses do not keep it', () => {
  const clock = new FakeClock();
  const memory = new KeptMemory(clock, false);
  const large = memory.take(8 * MB);
  memory.give(large);
  clock.advance(999);
  expect(memory.take(8 * MB)).toBe(large);
  clock.advance(5_000);
  memory.give(large);
  clock.advance(900);
  memory.give(memory.take(1 * MB));
  clock.advance(100);
  expect(memory.take(8 * MB)).not.toBe(large);

  memory.give(large);
  // The timer does not keep the program alive.
  expect([clock.pending, clock.keepingAlive]).toEqual([1, 0]);
});
