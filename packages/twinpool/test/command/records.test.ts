import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Block, RecordCutter, type RecordFormat } from '../../src/command/records.ts';

interface Cut {
  readonly texts: string[];
  readonly blocks: Block[];
}

/** Cuts a text that comes in chunks of these sizes, in turn. */
function cut(text: string, format: RecordFormat, sizes: readonly number[], most = 3): Cut {
  const cutter = new RecordCutter(format);
  const bytes = Buffer.from(text);
  const blocks: Block[] = [];
  const take = (): void => {
    for (let block = cutter.cut(most); block !== undefined; block = cutter.cut(most)) blocks.push(block);
  };
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] as number;
    cutter.push(bytes.subarray(at, at + size));
    take();
    expect(cutter.isEmpty).toBe(true);
    at += size;
  }
  cutter.end();
  take();
  return { texts: blocks.map((block) => Buffer.from(block.bytes).toString()), blocks };
}

const SIZES = [[1], [2, 3], [1_000]];

describe('RecordCutter', () => {
  it.each(SIZES)('keeps every byte, whatever the chunks are: %j', (...sizes) => {
    const text = '1\n\n22\r\n  \n333';
    const { texts, blocks } = cut(text, 'json', sizes);
    expect(texts.join('').replace(/^\s*\n/gm, '')).toBe(text.replace(/^\s*\n/gm, ''));
    expect(blocks.reduce((sum, { count }) => sum + count, 0)).toBe(3);
    expect(blocks[0]).toMatchObject({ index: 0, line: 1 });
  });

  it.each(SIZES)('counts lines and records: %j', (...sizes) => {
    const { blocks } = cut('\ufeff\na\n\nb\n \nc', 'json', sizes, 1);
    expect(blocks.map(({ index, count }) => [index, count])).toEqual([
      [0, 1],
      [1, 1],
      [2, 1],
    ]);
    // A block may begin with lines that are not records.
    expect(
      blocks.map(
        ({ bytes, line }) =>
          line +
          Buffer.from(bytes)
            .toString()
            .split('\n')
            .findIndex((each) => each.trim() !== ''),
      ),
    ).toEqual([2, 4, 6]);
  });

  it.each(SIZES)('a row of CSV may have newlines in quotes: %j', (...sizes) => {
    const rows = ['1,"a\nb"\r\n', '"x""\n",2\n', 'q"r,s"\n', '3,"4'];
    const { texts, blocks } = cut(`\ufeffa,b\n${rows.join('')}`, 'csv', sizes, 1);
    expect(texts).toEqual(rows);
    expect(blocks.map(({ line }) => line)).toEqual([2, 4, 6, 7]);
  });

  it('the same records for all chunks', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a', '"', ',', '\n', '\r\n', ' ', '\u00e9'), { maxLength: 40 }),
        fc.constantFrom<RecordFormat>('json', 'lines', 'csv'),
        fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 5 }),
        (parts, format, sizes) => {
          const text = `h\n${parts.join('')}`;
          const records = ({ blocks }: Cut) => blocks.map(({ index, count }) => [index, count]);
          expect(records(cut(text, format, sizes, 1))).toEqual(records(cut(text, format, [1_000], 1)));
        },
      ),
    );
  });
});
