// Tests frames: messages arrive unchanged in any pieces, and no bytes make the reader throw.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PayloadTooLargeError } from '../../src/errors.ts';
import { decodePayload, encodeFrame, FrameReader, HEADER_BYTES, payloadLength } from '../../src/wire/frames.ts';
import type { Message } from '../../src/wire/messages.ts';
import { deepStrictEqual } from './deep-strict-equal.ts';

const MOST = 1 << 20;

/** Reads the pieces. Returns the messages, and whether the reader can continue. */
function read(pieces: readonly Uint8Array[], most: number = MOST): { payloads: Buffer[]; goesOn: boolean } {
  const payloads: Buffer[] = [];
  const reader = new FrameReader(most, (payload) => payloads.push(Buffer.from(payload)));
  for (const piece of pieces) if (!reader.push(piece)) return { payloads, goesOn: false };
  return { payloads, goesOn: true };
}

function cut(bytes: Uint8Array, at: readonly number[]): Uint8Array[] {
  const ends = [...new Set(at.map((each) => each % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...ends].map((start, i) => bytes.subarray(start, [...ends, bytes.length][i]));
}

const message: fc.Arbitrary<Message> = fc.tuple(fc.nat(20), fc.string(), fc.array(fc.oneof(fc.double(), fc.string(), fc.uint8Array())));
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value, (_, each) => (each === 0 ? 0 : each)));

function isErrorOrMessage(payload: Uint8Array): void {
  try {
    expect(decodePayload(payload)[0]).toBeTypeOf('number');
  } catch (error) {
    expect(error).toBeInstanceOf(Error);
  }
}

describe('a frame', () => {
  it('arrives in one piece, for any message', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 5 }), (messages) => {
        const { payloads, goesOn } = read([Buffer.concat(messages.map((each) => encodeFrame(each, MOST)))]);
        expect(goesOn).toBe(true);
        deepStrictEqual(
          payloads.map((payload) => plain(decodePayload(payload))),
          plain(messages),
        );
      }),
    );
  });

  it('arrives if it is cut in two at any position', () => {
    const sent: Message[] = [
      [1, 'first', [1, 2, 3]],
      [2, 'second', { a: Buffer.from('abc') }],
      [3, 'third'],
    ];
    const bytes = Buffer.concat(sent.map((each) => encodeFrame(each, MOST)));
    const whole = read([bytes]);
    expect(whole.payloads.map(decodePayload)).toEqual(sent);
    for (let at = 0; at <= bytes.length; at++) deepStrictEqual(read([bytes.subarray(0, at), bytes.subarray(at)]), whole);
  });

  it('arrives byte by byte, and in any pieces', () => {
    fc.assert(
      fc.property(fc.array(message, { minLength: 1, maxLength: 4 }), fc.array(fc.nat(), { maxLength: 30 }), (messages, cuts) => {
        const bytes = Buffer.concat(messages.map((each) => encodeFrame(each, MOST)));
        const whole = read([bytes]);
        deepStrictEqual(read(cut(bytes, cuts)), whole);
        deepStrictEqual(read([...bytes].map((byte) => Uint8Array.of(byte))), whole);
      }),
      { numRuns: 100 },
    );
  });

  it('may be empty', () => {
    const header = encodeFrame([0], MOST).subarray(0, HEADER_BYTES);
    const empty = Buffer.from(header);
    empty.writeUInt32LE(0, 4);
    expect(read([empty, empty]).payloads.map(({ length }) => length)).toEqual([0, 0]);
    expect(read([Buffer.concat([empty, empty]).subarray(0, 9), Buffer.concat([empty, empty]).subarray(9)]).payloads).toHaveLength(2);
  });

  it('that is cut off by the end of the stream is not a frame', () => {
    const frame = encodeFrame([1, 'x'.repeat(100)], MOST);
    expect(read([frame.subarray(0, frame.length - 1)])).toEqual({ payloads: [], goesOn: true });
  });

  it('of more than maxPayloadBytes is not made', () => {
    expect(() => encodeFrame([1, 'x'.repeat(5000)], 100)).toThrow(PayloadTooLargeError);
    expect(() => encodeFrame([1, 'x'], 100)).not.toThrow();
  });
});

describe('bytes that are not a frame', () => {
  it('never throw: the reader ends or waits for more', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.array(fc.nat(), { maxLength: 5 }), (bytes, cuts) => {
        const { goesOn } = read(cut(bytes, cuts));
        if (bytes.length >= HEADER_BYTES && payloadLength(bytes, 0, MOST) < 0) expect(goesOn).toBe(false);
      }),
      { numRuns: 3000 },
    );
  });

  it('that replace one byte of a frame are detected in the header, and are harmless in the payload', () => {
    const frame = encodeFrame([13, 2, ['a', 'b'], undefined, [1, 2, 3]], MOST);
    fc.assert(
      fc.property(fc.nat(frame.length - 1), fc.integer({ min: 1, max: 255 }), (at, by) => {
        const broken = Buffer.from(frame);
        broken[at] = (broken[at] as number) ^ by;
        const { payloads, goesOn } = read([broken]);
        if (at < 4) expect(goesOn).toBe(false);
        for (const payload of payloads) isErrorOrMessage(payload);
      }),
      { numRuns: 3000 },
    );
  });

  it('are recognized by magic, version, reserved byte and length', () => {
    const good = encodeFrame([1], MOST);
    expect(payloadLength(good, 0, MOST)).toBe(good.length - HEADER_BYTES);
    for (const at of [0, 1, 2, 3]) {
      const bad = Buffer.from(good);
      bad[at] = (bad[at] as number) + 1;
      expect(payloadLength(bad, 0, MOST)).toBe(-1);
    }
    const long = Buffer.from(good);
    long.writeUInt32LE(0xffffffff, 4);
    expect(payloadLength(long, 0, MOST)).toBe(-1);
    expect(payloadLength(long, 0, 0xffffffff)).toBe(0xffffffff);
  });

  it('that announce more than the limit are refused before memory is allocated', () => {
    const header = Buffer.from(encodeFrame([1], MOST).subarray(0, HEADER_BYTES));
    header.writeUInt32LE(MOST + 1, 4);
    const before = process.memoryUsage().arrayBuffers;
    expect(read([header]).goesOn).toBe(false);
    expect(read([header.subarray(0, 3), header.subarray(3)]).goesOn).toBe(false);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(MOST);
  });
});

describe('a payload', () => {
  it('without a message is refused', () => {
    const payloadOf = (value: unknown) => encodeFrame(value as Message, MOST).subarray(HEADER_BYTES);
    for (const value of [{}, [], ['1'], 'text', null, undefined, 5, { 0: 1, length: 1 }]) {
      expect(() => decodePayload(payloadOf(value))).toThrow();
    }
  });

  it('of random bytes is a message or an error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        isErrorOrMessage(bytes);
      }),
      { numRuns: 2000 },
    );
  });
});
