/** Tests the records of a ring: what is written is read, at every place of the ring; what does not fit is refused; what no writer leaves there is a fault. */
import { describe, expect, it } from 'vitest';
import { cellsFor, RING_WORDS, TAIL, toLane } from '../../src/wire/cells.ts';
import { ANSWER, ARGUMENT_LISTS, type Message, REPORT, STARTED, TASKS } from '../../src/wire/messages.ts';
import { RingReader, RingWriter } from '../../src/wire/ring.ts';
import { readMessage, writeMessage } from '../../src/wire/ring-codec.ts';

const direction = toLane(1);

class Pair {
  readonly cells = new Int32Array(new SharedArrayBuffer(cellsFor(1) * Int32Array.BYTES_PER_ELEMENT));
  readonly writer: RingWriter;
  readonly reader: RingReader;

  /** `at`: the words that were written and read before. */
  constructor(at = 0) {
    Atomics.store(this.cells, direction.receiver + TAIL, at);
    this.writer = new RingWriter(this.cells, direction);
    this.reader = new RingReader(this.cells, direction);
  }

  write(message: Message, posted = 0): boolean {
    const kind = writeMessage(this.writer, message);
    if (kind > 0) this.writer.commit(kind, posted);
    return kind > 0;
  }

  read(): Message | undefined {
    return this.reader.open() ? readMessage(this.reader) : undefined;
  }
}

const VALUES = [
  0,
  -0,
  1,
  -1,
  2 ** 31 - 1,
  -(2 ** 31),
  2 ** 31,
  0.1,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  2 ** 53,
  true,
  false,
  null,
  undefined,
];
const TEXTS = ['', 'x', 'seven..', 'eight...', 'nine.....', 'é'.repeat(64), '\0\u00ff'];
const answer = (values: ArrayLike<unknown>, more: readonly unknown[] = []): Message => [
  ANSWER,
  values.length,
  values,
  undefined,
  [7, values.length, 1.5],
  12,
  0,
  ...more,
];
const tasks = (items: ArrayLike<unknown>, flags = 0): Message => [TASKS, 2 ** 40, 70, [9, flags, 0.25, items, undefined]];

describe('a record', () => {
  it.each([...VALUES, ...TEXTS].map((value) => [value]))('carries %j as an argument, as a result and as a field', (value) => {
    const pair = new Pair();
    for (const message of [tasks([value]), tasks([[value, value]], ARGUMENT_LISTS), answer([value], [undefined, undefined])]) {
      expect(pair.write(message)).toBe(true);
      expect(pair.read()).toEqual(message);
    }
    expect(pair.write([REPORT, 0, value])).toBe(true);
    expect(pair.read()).toEqual([REPORT, 0, value]);
  });

  it('carries what an answer tells besides', () => {
    const pair = new Pair();
    expect(pair.write(answer(new Int32Array([1, 2, 3]), [3, 1e9]))).toBe(true);
    expect(pair.read()).toEqual(answer([1, 2, 3], [3, 1e9]));
    expect(pair.write([TASKS, 5, 70, [1, 0, 0, [1], undefined, 2, 2, 3, ['x', 'y'], undefined], 4])).toBe(true);
    expect(pair.read()).toEqual([TASKS, 5, 70, [1, 0, 0, [1], undefined, 2, 2, 3, ['x', 'y'], undefined], 4]);
  });

  it('says how many messages were posted before it', () => {
    const pair = new Pair();
    pair.write([STARTED], -7);
    expect(pair.reader.open()).toBe(true);
    expect(pair.reader.posted).toBe(-7);
  });

  it.each([0, 2 ** 31 - 1000, -500])('is carried at every place of the ring, many times around it, from word %i on', (at) => {
    const pair = new Pair(at);
    const values = [...VALUES, ...TEXTS];
    for (let i = 0; i < RING_WORDS; i++) {
      const message = answer(values.slice(0, i % values.length), [undefined, undefined]);
      expect(pair.write(message)).toBe(true);
      expect(pair.read()).toEqual(message);
    }
  });
});

it.each<[string, Message]>([
  ['an object', answer([{}])],
  ['a list of the user', answer([[1]])],
  ['a list as the only argument', tasks([[1]])],
  ['a list in a list of arguments', tasks([[[1]]], ARGUMENT_LISTS)],
  ['a big integer', tasks([1n])],
  ['a text that is too long', answer(['x'.repeat(65)])],
  ['a text with other characters', answer(['€'])],
  ['an outcome that is not a plain value', [ANSWER, 1, [undefined], [0, 3, {}], [], 0, 0]],
  ['an item that is not a plain value', [TASKS, 1, 70, [1, 0, 0, [undefined], [0, 1, {}]]]],
  ['values that were moved', [TASKS, 1, 70, [1, 0, 0, [1], undefined], undefined, true]],
  ['too many values', answer(new Float64Array(500))],
])('%s does not fit, and leaves nothing in the ring', (_what, message) => {
  const pair = new Pair();
  expect(pair.write(message)).toBe(false);
  expect(pair.read()).toBeUndefined();
  expect(pair.write([STARTED])).toBe(true);
  expect(pair.read()).toEqual([STARTED]);
});

it('a full ring takes no record until one was read', () => {
  const pair = new Pair();
  let count = 0;
  while (pair.write(answer([count]))) count += 1;
  expect(count).toBeGreaterThan(50);
  for (let i = 0; i < count; i++) expect(pair.read()?.[2]).toEqual([i]);
  expect(pair.read()).toBeUndefined();
  expect(pair.write(answer([count]))).toBe(true);
});

it.each([1, -RING_WORDS - 1, 2 ** 31 - 1, -(2 ** 31)])('a reader that says it has read %i words gets no more than a ring full', (tail) => {
  const pair = new Pair();
  Atomics.store(pair.cells, direction.receiver + TAIL, tail);
  let count = 0;
  while (pair.write(answer([1]))) count += 1;
  expect(count).toBeGreaterThan(50);
  expect(count).toBeLessThan(RING_WORDS);
});

describe('a ring with junk', () => {
  const JUNK = [0, 1, 2, 3, 7, 8, 255, 256, 257, -1, -256, 0x7fffffff, -0x80000000, RING_WORDS << 8, 1 << 16];

  it.each([
    ['tasks', tasks([1, 'text', null, 0.5])],
    ['lists of arguments', tasks([[1, 'two'], [3]], ARGUMENT_LISTS)],
    ['an answer', answer([1, 'text', undefined, 0.5], [3, 1e9])],
    ['a report', [REPORT, 0, 'text'] as const],
  ])('in each field of %s is a message or a fault, and nothing else', (_what, message) => {
    const sample = new Pair();
    sample.write(message);
    const words = (sample.cells[direction.ring] as number) >> 8;
    for (let cell = 0; cell < 2 * words; cell++) {
      for (const junk of JUNK) {
        const pair = new Pair();
        pair.write(message);
        pair.cells[direction.ring + cell] = junk;
        try {
          const read = pair.read();
          // Without a header there is no record.
          if (cell === 0 && junk === 0) {
            expect(read).toBeUndefined();
            continue;
          }
          expect(Array.isArray(read)).toBe(true);
          expect(JSON.stringify(read)?.length).toBeLessThan(10_000);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }
    }
  });

  it.each(JUNK.filter((header) => header !== 0))('as the only header (%i) is a fault', (header) => {
    const pair = new Pair();
    pair.cells[direction.ring] = header;
    expect(() => pair.read()).toThrow(RangeError);
  });

  it('that looks like records is read once', () => {
    const pair = new Pair();
    pair.write([STARTED]);
    const record = pair.cells.slice(direction.ring, direction.ring + 2 * ((pair.cells[direction.ring] as number) >> 8));
    for (let cell = 0; cell < 2 * RING_WORDS; cell++) pair.cells[direction.ring + cell] = record[cell % record.length] as number;
    let count = 0;
    try {
      while (pair.read() !== undefined) count += 1;
    } catch (error) {
      // The last record does not fit into the ring.
      expect(error).toBeInstanceOf(RangeError);
    }
    expect(count).toBeGreaterThan(1);
    expect(count).toBeLessThanOrEqual(RING_WORDS);
  });

  it('anywhere is read within the ring', () => {
    let seed = 1;
    const random = (): number => {
      seed = (seed * 1103515245 + 12345) & 0x7fffffff;
      return seed;
    };
    for (let round = 0; round < 20_000; round++) {
      const pair = new Pair();
      for (let i = 0; i < 64; i++) pair.cells[direction.ring + i] = random() % 3 === 0 ? random() : random() % 12;
      pair.cells[direction.ring] = ((random() % 40) << 8) | (random() % 5);
      try {
        pair.read();
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
      }
    }
  });
});
