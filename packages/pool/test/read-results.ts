/** Reads all results of an iterator, for tests. */
import type { Gate } from '@twinpool/testkit';
import { range } from './inputs.ts';

export const DONE = { done: true, value: undefined };

export const rows = (gate: Gate, count: number): [string, number][] => range(count).map((i) => [gate.path, i]);

/** Reads all outcomes up to the end; an error becomes its message. */
export async function outcomes(iterator: AsyncIterator<unknown, undefined>): Promise<unknown[]> {
  const all: unknown[] = [];
  for (;;) {
    try {
      const step = await iterator.next();
      if (step.done) return all;
      all.push(step.value);
    } catch (error) {
      all.push((error as Error).message);
    }
  }
}

export async function collect<T>(iterable: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of iterable) all.push(item);
  return all;
}
