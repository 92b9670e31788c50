// Tests the two ends of a file for large buffers: buffers arrive unchanged in any order of use, and no announcement of a broken worker is believed.
import { closeSync, mkdtempSync, openSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { BufferReader, type ReaderRules } from '../../src/wire/buffer-reader.ts';
import { BufferWriter } from '../../src/wire/buffer-writer.ts';
import { type Message, PIECE } from '../../src/wire/messages.ts';

const MOST = 64 * 2 ** 20;
const PAGE = 4096;

function openFile(): { fd: number; size: () => number } {
  const folder = mkdtempSync(join(tmpdir(), 'twinpool-wire-'));
  const path = join(folder, 'file');
  const fd = openSync(path, 'w+');
  onTestFinished(() => {
    closeSync(fd);
    rmSync(folder, { recursive: true });
  });
  return { fd, size: () => statSync(path).size };
}

/** A writer and a reader of one file. `most`: bytes that the writer may use. */
function pair(most = MOST, rules: Partial<ReaderRules> = {}) {
  const { fd, size } = openFile();
  const reader = new BufferReader(fd, { most: () => most, mostOfOne: MOST, isStrict: true, ...rules });
  const pieces: Message[] = [];
  const faults: unknown[] = [];
  let failures = 0;
  const writer = new BufferWriter(fd, {
    announce: (piece) => {
      pieces.push(piece);
      const fault = reader.piece(piece);
      if (fault !== undefined) faults.push(fault);
    },
    mayGrow: (_from, to) => to <= most,
    failed: () => {
      failures += 1;
    },
  });
  return { fd, size, reader, writer, pieces, faults, failures: () => failures };
}

const bytesOf = (length: number, value: number) => new Uint8Array(length).fill(value);
const isFull = (buffer: ArrayBuffer | undefined, length: number, value: number) =>
  buffer?.byteLength === length && new Uint8Array(buffer).every((byte) => byte === value);

describe('a buffer', () => {
  it('arrives in pieces of two mebibytes, and a view with its own bytes only', () => {
    const { reader, writer, pieces } = pair();
    const bytes = bytesOf(5 * 2 ** 20, 1);
    const id = writer.put(bytes.subarray(3, 5 * 2 ** 20 - 3), false) as number;
    expect(pieces.map(([, , , , end]) => end)).toEqual([2 ** 21, 2 ** 22, 5 * 2 ** 20 - 6]);
    expect(reader.has([id])).toBe(true);
    expect(isFull(reader.take([id])[0], 5 * 2 ** 20 - 6, 1)).toBe(true);
    expect(reader.has([id])).toBe(false);
    expect(() => reader.take([id])).toThrow(RangeError);
  });

  it('is independent of its place once it was announced', () => {
    const { reader, writer } = pair();
    const first = writer.put(bytesOf(100, 1), false) as number;
    const buffers = reader.take([first]);
    reader.acknowledge();
    writer.release(first);
    writer.put(bytesOf(100, 2), false);
    expect(isFull(buffers[0], 100, 1)).toBe(true);
  });

  it('takes the first place that is long enough, and the file does not grow while there is one', () => {
    const { reader, writer, pieces, size } = pair();
    const ids = [3, 1, 2].map((pages) => writer.put(bytesOf(pages * PAGE, pages), false) as number);
    expect(writer.extent).toBe(6 * PAGE);
    reader.acknowledge();
    writer.release(ids[0] as number);
    writer.put(bytesOf(2 * PAGE, 9), false);
    writer.put(bytesOf(PAGE, 9), false);
    expect(pieces.slice(-2).map(([, , position]) => position)).toEqual([0, 2 * PAGE]);
    expect([writer.extent, size()]).toEqual([6 * PAGE, 6 * PAGE]);
    writer.empty();
    expect([writer.extent, size()]).toEqual([0, 0]);
  });

  it('leaves nothing behind if it is refused for lack of room', () => {
    const { writer, pieces, failures } = pair(10 * PAGE);
    expect(writer.put(bytesOf(11 * PAGE, 1), false)).toBeUndefined();
    expect(writer.put(bytesOf(10 * PAGE, 1), false)).toBe(1);
    expect(writer.put(bytesOf(1, 1), false)).toBeUndefined();
    writer.releaseUpTo(1);
    writer.shrink(PAGE);
    expect(writer.put(bytesOf(PAGE + 1, 1), false)).toBe(2);
    expect([pieces.length, failures()]).toEqual([2, 0]);
  });

  it('is given up where the file cannot be written, and the next one arrives', () => {
    const { fd, reader, writer } = pair();
    const faults: unknown[] = [];
    let failures = 0;
    let isRefused = true;
    const other = new BufferWriter(fd, {
      announce: (piece) => {
        if (isRefused && piece[4] === 2 ** 22) throw new Error('the channel is closed');
        faults.push(reader.piece(piece));
      },
      mayGrow: () => true,
      failed: () => {
        failures += 1;
      },
    });
    expect(other.put(bytesOf(5 * 2 ** 20, 1), false)).toBeUndefined();
    expect([failures, reader.isMidway]).toEqual([1, false]);
    isRefused = false;
    expect(reader.has([other.put(bytesOf(5 * 2 ** 20, 2), false) as number])).toBe(true);
    expect(faults.every((fault) => fault === undefined)).toBe(true);
    expect(writer.extent).toBe(0);
  });

  it('arrives unchanged, whatever is put, read and released before', () => {
    const step = fc.record({ pages: fc.integer({ min: 1, max: 40 }), offset: fc.nat(PAGE - 1), release: fc.nat(5), isTaken: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const { reader, writer, faults } = pair(200 * PAGE);
        const open: { id: number; length: number; value: number; taken: ArrayBuffer | undefined }[] = [];
        steps.forEach(({ pages, offset, release, isTaken }, at) => {
          const length = pages * PAGE - offset;
          const value = (at % 255) + 1;
          const id = writer.put(bytesOf(length, value), false);
          if (id !== undefined) open.push({ id, length, value, taken: isTaken ? reader.take([id])[0] : undefined });
          const { id: done = 0 } = open[release] ?? {};
          if (done === 0) return;
          reader.acknowledge();
          writer.release(done);
        });
        expect(faults).toEqual([]);
        for (const { length, value, taken } of open) if (taken !== undefined) expect(isFull(taken, length, value)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('lies in memory that is used again only where its sender allows it', () => {
    const memory = new Uint8Array(100);
    const { reader, writer } = pair(MOST, { isStrict: false, allocate: () => memory });
    const lent: ArrayBuffer[] = [];
    const [own, again] = [false, true].map((isReusable) => writer.put(bytesOf(100, 1), isReusable) as number) as [number, number];
    expect(reader.take([own], lent)[0] === memory.buffer).toBe(false);
    expect(reader.take([again], lent)[0] === memory.buffer).toBe(true);
    expect(lent).toEqual([memory.buffer]);
  });
});

describe('what a broken worker announces', () => {
  const piece = (id: number, position: number, total: number, end: number): Message => [PIECE, id, position, total, end, false];

  it.each([
    ['a buffer that is not in the file', [piece(1, 2 * PAGE, 10, 10)]],
    ['a part that is not in the file', [piece(1, 0, 4 * PAGE, 4 * PAGE)]],
    ['a place behind its room', [piece(1, 100 * PAGE, 10, 10)]],
    ['a number that was used', [piece(1, 0, 10, 10), piece(1, PAGE, 10, 10)]],
    ['a number out of order', [piece(2, 0, 10, 10)]],
    ['two buffers in one place', [piece(1, 0, 20, 20), piece(2, 10, 20, 20)]],
    ['pieces of two buffers', [piece(1, 0, 20, 10), piece(2, PAGE, 20, 20)]],
    ['a piece with another length of the whole', [piece(1, 0, 20, 10), piece(1, 0, 30, 20)]],
    ['a piece twice', [piece(1, 0, 20, 10), piece(1, 0, 20, 10)]],
    ['the end of a buffer that it had not begun', [piece(1, 0, 20, 0)]],
  ])('is not believed: %s', (_what, messages) => {
    const { fd, reader } = pair(50 * PAGE);
    new BufferWriter(fd, { announce: () => undefined, mayGrow: () => true, failed: () => undefined }).put(bytesOf(2 * PAGE, 1), false);
    const faults = messages.map((message) => reader.piece(message));
    expect(faults.slice(0, -1).every((fault) => fault === undefined)).toBe(true);
    expect(faults.at(-1)).toMatch(/^it /);
  });

  it('is not believed if a buffer is larger than a value may be', () => {
    const { reader } = pair(MOST, { mostOfOne: 10 });
    expect(reader.piece(piece(1, 0, 11, 11))).toMatch(/^it /);
  });

  it('may lie where an acknowledged buffer was, which is then gone', () => {
    const { reader, writer } = pair();
    const first = writer.put(bytesOf(PAGE, 1), false) as number;
    expect(reader.owesAcknowledgement).toBe(true);
    expect(reader.acknowledge()).toBe(first);
    expect(reader.owesAcknowledgement).toBe(false);
    writer.releaseUpTo(first);
    const second = writer.put(bytesOf(PAGE, 2), false) as number;
    expect([reader.has([first]), reader.has([second])]).toEqual([false, true]);
  });
});
