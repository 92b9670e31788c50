/** Tests the inputs of map, and how they are closed after errors. */
import { describe, expect, test, vi } from 'vitest';
import { mapArguments, openStream } from '../src/inputs.ts';

interface Tracked extends Iterable<number> {
  closed: number;
}

/** Yields `count` numbers, then ends, or throws what is given. */
function tracked(count: number, failure?: Error, closing?: Error): Tracked {
  const input: Tracked = {
    closed: 0,
    [Symbol.iterator]() {
      let at = 0;
      return {
        next() {
          if (at < count) return { done: false, value: at++ };
          if (failure !== undefined) throw failure;
          return { done: true, value: undefined };
        },
        return() {
          input.closed += 1;
          if (closing !== undefined) throw closing;
          return { done: true, value: undefined };
        },
      };
    },
  };
  return input;
}

function asynchronous(input: Tracked): AsyncIterable<number> {
  return {
    [Symbol.asyncIterator]() {
      const iterator = input[Symbol.iterator]();
      return { next: async () => iterator.next(), return: async () => iterator.return?.() as IteratorResult<number> };
    },
  };
}

const late = vi.fn();
const open = (inputs: unknown[], buffersize?: number) => openStream(mapArguments(inputs), { buffersize }, 4, late);

async function readAll(input: object): Promise<unknown[]> {
  const all: unknown[] = [];
  const iterator = ('sync' in input ? input.sync : (input as { async: unknown }).async) as AsyncIterator<unknown>;
  for (let step = await iterator.next(); !step.done; step = await iterator.next()) all.push(step.value);
  return all;
}

describe.each(['eager', 'lazy', 'asynchronous'] as const)('%s', (how) => {
  const read = async (...inputs: Tracked[]): Promise<unknown[]> => {
    const [first, ...others] = inputs;
    const given = how === 'asynchronous' ? [asynchronous(first as Tracked), ...others] : inputs;
    const stream = open(given, how === 'lazy' ? 2 : undefined);
    if (stream === undefined) return [];
    return 'items' in stream.input ? stream.input.items : readAll(stream.input);
  };

  test('the shortest ends them, and the others are closed, that one not', async () => {
    for (const counts of [
      [1, 3, 3],
      [3, 1, 3],
      [3, 3, 1],
    ] as const) {
      const inputs = counts.map((count) => tracked(count));
      expect(await read(...inputs)).toEqual([[0, 0, 0]]);
      expect(inputs.map(({ closed }) => closed)).toEqual(counts.map((count) => (count === 1 ? 0 : 1)));
    }
  });

  test('an error of one closes the others, and counts more than what closing throws', async () => {
    const inputs = [tracked(3, undefined, new Error('closing')), tracked(1, new Error('reading')), tracked(3)];
    await expect(read(...inputs)).rejects.toThrow('reading');
    expect(inputs.map(({ closed }) => closed)).toEqual([1, 0, 1]);
  });

  test('what closing throws at the end', async () => {
    const inputs = [tracked(3, undefined, new Error('closing')), tracked(1), tracked(3)];
    await expect(read(...inputs)).rejects.toThrow('closing');
    expect(inputs.map(({ closed }) => closed)).toEqual([1, 0, 1]);
  });

  test('an input that cannot be opened', async () => {
    const inputs = [
      tracked(3),
      {
        closed: 0,
        [Symbol.iterator](): Iterator<number> {
          throw new Error('opening');
        },
      },
    ];
    await expect(read(...inputs)).rejects.toThrow('opening');
    expect(inputs[0]?.closed).toBe(1);
  });
});

test('an asynchronous input that is closed while it is read: no call waits, and an error of closing is reported', async () => {
  const input = {
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise<never>(() => undefined),
      return: async () => {
        throw new Error('late');
      },
    }),
  };
  const stream = open([input]);
  const { async } = (stream as { input: unknown }).input as { async: AsyncIterator<unknown> };
  void async.next();
  expect(await async.return?.()).toEqual({ done: true, value: undefined });
  await new Promise((resolve) => setImmediate(resolve));
  expect(late).toHaveBeenCalledWith(new Error('late'));
});
