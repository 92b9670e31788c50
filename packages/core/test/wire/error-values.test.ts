/** [R22] Errors that are values, or are inside values, arrive like thrown errors: class, code, fields, cause and members, over both transports. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { PayloadTooLargeError, TimeoutError } from '../../src/errors.ts';
import { isPacked, unpackBytes } from '../../src/wire/packed-value.ts';
import { Packer } from '../../src/wire/packer.ts';
import { decodeThrown, type EncodedThrown, encodeThrown } from '../../src/wire/thrown.ts';
import { transfer } from '../../src/wire/transfer.ts';
import { deepStrictEqual } from './deep-strict-equal.ts';
import { MEDIA, overThreads, THREADS, throughFrame } from './media.ts';

class HttpError extends Error {
  readonly status: number;
  constructor(status: number) {
    super(`status ${status}`);
    this.name = 'HttpError';
    this.status = status;
  }
}

function caught(run: () => unknown): object {
  try {
    run();
  } catch (error) {
    return error as object;
  }
  throw new Error('nothing was thrown');
}

const hidden = (fields: Record<string, unknown>) => {
  const error = new Error('hidden');
  for (const [key, value] of Object.entries(fields)) Object.defineProperty(error, key, { value, enumerable: false });
  return error;
};
const cyclic = (): Error => {
  const error = new Error('round') as Error & { self?: unknown; details?: unknown };
  error.self = error;
  error.details = { list: [error] };
  return error;
};
function Legacy(this: Error, message: string): void {
  this.message = message;
  this.name = 'Legacy';
}
Legacy.prototype = Object.create(Error.prototype);
const suppressed = hidden({ error: new TypeError('last'), suppressed: new RangeError('first') });
suppressed.name = 'SuppressedError';

const ERRORS: readonly (readonly [what: string, error: object])[] = [
  ['an Error', new Error('plain')],
  ['a TypeError with a code and fields', Object.assign(new TypeError('t'), { code: 'E_X', extra: { list: [1, 2] } })],
  ['an error of a class', new HttpError(404)],
  ['an error with causes', new Error('a', { cause: new RangeError('b', { cause: 'c' }) })],
  ['an AggregateError', new AggregateError([new TypeError('in'), 'text', new AggregateError([], 'b')], 'many')],
  ['a DOMException', new DOMException('stop', 'AbortError')],
  ['what Node throws', caught(() => readFileSync('/does/not/exist'))],
  ['what JSON.parse throws', caught(() => JSON.parse('{'))],
  ['an error of ours', new TimeoutError('late')],
  ['a ZodError', caught(() => z.object({ a: z.string() }).parse({ a: 1 }))],
  ['a SuppressedError', suppressed],
  ['fields that are not enumerable', hidden({ issues: [{ path: ['a'], message: 'm' }], nothing: undefined })],
  ['a field that cannot travel', Object.assign(new Error('x'), { fn: () => 1, kept: 1 })],
  ['a field that cannot travel and is not enumerable', hidden({ fn: () => 1, kept: 1 })],
  ['a cause that cannot travel', new Error('x', { cause: { fn() {} } })],
  ['a field without a name that could travel', Object.assign(new Error('x'), { [Symbol('key')]: 1 })],
  ['errors in fields of errors', Object.assign(new Error('x'), { details: { first: new HttpError(1), all: [new HttpError(2)] } })],
  ['an error that holds itself', cyclic()],
  ['an error of the old style', new (Legacy as unknown as new (message: string) => object)('old')],
  ['an error without a class', Object.create(Error.prototype, { message: { value: 'm', enumerable: true } })],
  ['an error whose message is not text', Object.assign(new Error('x'), { message: { reason: 'r' } })],
  ['an error whose name is not text', Object.assign(new Error('x'), { name: 7 })],
  ['a frozen error', Object.freeze(new Error('cold'))],
];

/** All observable properties of an error, except the place of the throw. */
function shapeOf(value: unknown, seen: Map<object, number> = new Map()): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const known = seen.get(value);
  if (known !== undefined) return `seen ${known}`;
  seen.set(value, seen.size);
  const fields = Object.entries(Object.getOwnPropertyDescriptors(value)).map(([key, { value: field, enumerable }]) =>
    key === 'stack' ? [key, String(field).replace(/\n {4}at \[worker .*$/, ''), enumerable] : [key, shapeOf(field, seen), enumerable],
  );
  const tag = Object.prototype.toString.call(value);
  return { tag, prototype: (Object.getPrototypeOf(value) as object | null)?.constructor.name, name: (value as Error).name, fields };
}

const asThrown = (error: unknown) =>
  decodeThrown(throughFrame(encodeThrown(error)) as EncodedThrown, { workerId: 1, kind: 'process', pid: 1, taskName: 'task' });

describe.each(MEDIA)('[R22] over %s', (_name, medium, carry) => {
  it.each(ERRORS)('%s arrives like a thrown error', (_what, error) => {
    deepStrictEqual(shapeOf(carry(error).value), shapeOf(asThrown(error)));
  });

  it.each<readonly [string, (error: unknown) => unknown, (value: never) => unknown]>([
    ['a list', (error) => [1, error, 2], (value: unknown[]) => value[1]],
    ['an object', (error) => ({ ok: false, error }), (value: { error: unknown }) => value.error],
    ['deep', (error) => [{ a: [{ b: error }] }], (value: [{ a: [{ b: unknown }] }]) => value[0].a[0].b],
    ['a Map’s values', (error) => new Map([['x', error]]), (value: Map<string, unknown>) => value.get('x')],
    ['a Map’s keys', (error) => new Map([[error, 'x']]), (value: Map<unknown, string>) => [...value.keys()][0]],
    ['a Set', (error) => new Set([1, error, 2]), (value: Set<unknown>) => [...value][1]],
    ['a list with holes', (error) => Object.assign(new Array(3), { 2: error }), (value: unknown[]) => value[2]],
    [
      'beside Buffers',
      (error) => ({ error, bytes: Buffer.from('abc'), part: new Uint8Array(9).subarray(2, 4) }),
      (value: { error: unknown }) => value.error,
    ],
    [
      'behind a getter',
      (error) => ({
        get error() {
          return error;
        },
      }),
      (value: { error: unknown }) => value.error,
    ],
    ['a field called __proto__', (error) => JSON.parse('{"__proto__":0}', () => error), (value: unknown) => value],
    [
      'a large value',
      (error) => ({ error, text: 'x'.repeat(1 << 21), bytes: Buffer.alloc(1 << 20, 1) }),
      (value: { error: unknown }) => value.error,
    ],
    [
      'nested far',
      (error) => {
        let value = error;
        for (let i = 0; i < 200; i++) value = [value];
        return value;
      },
      (value: unknown) => {
        let at = value;
        while (Array.isArray(at)) at = at[0];
        return at;
      },
    ],
  ])('errors in %s arrive as thrown ones do', (_what, put, take) => {
    const error = Object.assign(new TypeError('t', { cause: new HttpError(404) }), { code: 'E_X' });
    const arrived = carry(put(error)).value as never;
    deepStrictEqual(shapeOf(take(arrived)), shapeOf(asThrown(error)));
    if (typeof arrived === 'object' && 'bytes' in (arrived as object))
      expect(Buffer.isBuffer((arrived as { bytes: unknown }).bytes)).toBe(true);
  });

  it('one error in many places stays one error, and a Set keeps its order', () => {
    const error = new HttpError(500);
    const value = { error, list: [error], set: new Set<unknown>(['a', error, 'b']), self: undefined as unknown };
    value.self = value;
    const arrived = carry(value).value as typeof value;
    expect(arrived.error).toBeInstanceOf(Error);
    expect(arrived.list[0]).toBe(arrived.error);
    expect([...arrived.set]).toEqual(['a', arrived.error, 'b']);
    expect(arrived.self).toBe(arrived);
  });

  it('thousands of errors all arrive', () => {
    const settled = Array.from({ length: 5_000 }, (_, i) => ({
      status: 'rejected',
      reason: Object.assign(new RangeError(`no ${i}`), { i }),
    }));
    const arrived = carry(settled).value as typeof settled;
    expect(arrived.every(({ reason }, i) => reason instanceof RangeError && reason.i === i && !('lossy' in reason))).toBe(true);
  });

  it('errors over the payload limit are refused', () => {
    const packer = new Packer({ ...medium, maxPayloadBytes: 10_000 });
    expect(() => packer.pack({ error: new Error('x'.repeat(20_000)) }, 'result')).toThrow(PayloadTooLargeError);
    expect(() => packer.pack({ list: Array.from({ length: 200 }, () => new Error('y')) }, 'result')).toThrow(PayloadTooLargeError);
  });
});

it('[R22] errors in a value with moved parts arrive too', () => {
  const bytes = new Uint8Array([1, 2, 3]);
  const arrived = overThreads(transfer({ bytes, error: new HttpError(1) }, [bytes.buffer])).value as {
    bytes: Uint8Array;
    error: HttpError;
  };
  expect([...arrived.bytes, arrived.error.status, bytes.length]).toEqual([1, 2, 3, 1, 0]);
});

it('[R22] damaged bytes of errors are refused, and never thrown', () => {
  const packer = new Packer(THREADS);
  packer.pack([new Error('x')], 'result');
  const good = packer.value as unknown[];
  expect(isPacked(good)).toBe(true);
  for (let field = 0; field < good.length; field++) {
    for (const junk of [undefined, null, 5, 'x', {}, [1], [null], new Map([[{}, 7]])]) {
      const bad = good.map((value, at) => (at === field ? junk : value));
      if (isPacked(bad)) expect(() => unpackBytes(structuredClone(bad))).not.toThrow(RangeError);
      else expect(() => unpackBytes(bad)).toThrow(TypeError);
    }
  }
});

it.each(['message', 'name'])('[R22] an error whose %s is not text is marked lossy', (key) => {
  const error = Object.assign(new TypeError('x'), { [key]: { reason: 'r' } });
  expect(asThrown(error)).toMatchObject({ lossy: true });
  expect(asThrown(error)).toBeInstanceOf(TypeError);
});

it('[R22] a stack that is not text does not make an error lossy', () => {
  expect(asThrown(Object.assign(new Error('x'), { stack: ['call site'] }))).not.toHaveProperty('lossy');
});
