// Tests how values travel: equal on arrival, harmless to their neighbours, refused with the path to the part at fault.
import { createSecretKey } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { isProxy } from 'node:util/types';
import { runInNewContext } from 'node:vm';
import { MessageChannel } from 'node:worker_threads';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PayloadTooLargeError, TaskSerializationError } from '../../src/errors.ts';
import { seal, unpackBytes } from '../../src/wire/packed-value.ts';
import { BYTES, Packer, PLAIN, SEPARATE } from '../../src/wire/packer.ts';
import { SendabilityCheck, type TransportCapabilities } from '../../src/wire/sendability-check.ts';
import { deepStrictEqual } from './deep-strict-equal.ts';
import { anything, MEDIA, overProcesses, overThreads, PROCESSES, packed, THREADS } from './media.ts';

interface Wasm {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Memory: new (options: object) => object;
}
const { WebAssembly } = globalThis as unknown as { WebAssembly: Wasm };

/** Pooled Buffers, parts of buffers, cycles and shared parts, around random values. */
const composed = fc.tuple(anything, anything, fc.uint8Array(), fc.nat(4)).map(([first, second, bytes, cut]) => {
  const small = Buffer.from(bytes);
  const value: Record<string, unknown> = {
    first,
    small,
    part: small.subarray(Math.min(cut, small.length)),
    view: new DataView(bytes.buffer),
  };
  value.self = [value, { second, again: first }];
  value.map = new Map<unknown, unknown>([[value, small]]);
  return value;
});

class Vault {
  readonly #gold: number = 1;
  isEmpty() {
    return this.#gold === 0;
  }
}

function nested(depth: number, bottom: unknown = 'bottom'): unknown {
  let value = bottom;
  for (let i = 0; i < depth; i++) value = { value };
  return value;
}

/** 2 ** levels paths to one object. */
function dag(levels: number): unknown {
  let value: unknown = { end: true };
  for (let i = 0; i < levels; i++) value = [value, value];
  return value;
}

describe.each(MEDIA)('%s', (_name, medium, carry) => {
  it('any value arrives equal, and its neighbours are unchanged', () => {
    fc.assert(fc.property(anything, (value) => deepStrictEqual(carry(value).value, value)));
  });

  it('any value with Buffers, cycles and shared parts arrives equal', () => {
    fc.assert(fc.property(composed, (value) => deepStrictEqual(carry(value).value, value)));
  });

  it.each([
    ['-0', { n: -0 }],
    ['NaN', [Number.NaN]],
    ['undefined', { a: undefined, b: [undefined] }],
    ['holes', Object.assign(Array(3), { 1: 'x' })],
    ['named items', Object.assign([1, 2], { extra: [3] })],
    ['a match', /b(?<x>.)/d.exec('abcd')],
    ['a big integer', { big: 2n ** 200n, small: -1n }],
    ['boxed values', [Object(1), Object('x'), Object(true), Object(1n)]],
    ['a RegExp', { re: /a+b/giu }],
    ['a lone surrogate', { text: 'a\ud800b' }],
    ['maps in maps', new Map([[{ key: 1 }, new Set([new Map([['a', 1]])])]])],
    ['typed arrays', [new Float64Array([1.5, -0]), new BigInt64Array([1n]), new Uint8ClampedArray(3), new Int16Array(0)]],
    ['an ArrayBuffer', { buffer: new Uint8Array([1, 2, 3]).buffer }],
    ['a long list', Array.from({ length: 5000 }, (_, i) => ({ i }))],
    ['a long text', { text: 'é€'.repeat(400_000) }],
    ['an own __proto__', JSON.parse('{"__proto__":{"polluted":true},"constructor":1}')],
    ['an error', new RangeError('far', { cause: { hint: 1 } })],
    ['symbols of another realm', runInNewContext('[{ [Symbol()]: 1 }]')],
    ['half floats', 'Float16Array' in globalThis ? [Reflect.construct(Reflect.get(globalThis, 'Float16Array'), [[1.5, -0]])] : []],
    ['another realm', runInNewContext('({ list: [1, new Map([[1, new Set([2])]])], date: new Date(5), view: new Uint8Array(2) })')],
    ['nesting', nested(500)],
  ])('%s', (_what, value) => {
    const copy = carry(value).value;
    // The clone of a value of another realm belongs to this realm.
    deepStrictEqual(copy, structuredClone(value));
  });

  it('negative zero keeps its sign, holes stay holes, an invalid date stays invalid', () => {
    const [zero, hole, date] = carry([-0, Array(2), new Date(Number.NaN)]).value as [number, unknown[], Date];
    expect(date.getTime()).toBe(Number.NaN);
    expect(Object.is(zero, -0)).toBe(true);
    expect(hole.length).toBe(2);
    expect(0 in hole).toBe(false);
  });

  it('an instance becomes a plain object with its own fields [F-28]', () => {
    class Point {
      x = 1;
      readonly #secret = 2;
      get sum() {
        return this.x + this.#secret;
      }
    }
    const copy = carry([new Point(), Object.assign(Object.create(null), { y: 2 })]).value as object[];
    expect(copy).toEqual([{ x: 1 }, { y: 2 }]);
    expect(Object.getPrototypeOf(copy[0])).toBe(Object.prototype);
    expect(Object.getPrototypeOf(copy[1])).toBe(Object.prototype);
    expect(carry(new (class Empty {})()).value).toEqual({});
    expect(carry(new (class Rows extends Array<number> {})(3, 4)).value).toEqual([3, 4]);
    expect(carry(new (class Index extends Map<string, number> {})([['a', 1]])).value).toEqual(new Map([['a', 1]]));
  });

  it('process.env arrives', () => {
    expect(carry({ env: process.env }).value).toEqual({ env: { ...process.env } });
  });

  it('each getter is called once, and its value arrives', () => {
    let asked = 0;
    const part = { n: 1 };
    const value = {
      get count() {
        return { asked: ++asked, part };
      },
      part,
      bytes: Buffer.from('abc'),
    };
    const copy = carry(value).value as { count: { asked: number; part: object }; part: object; bytes: Buffer };
    expect(asked).toBe(1);
    expect(copy).toEqual({ count: { asked: 1, part }, part, bytes: Buffer.from('abc') });
    expect(copy.count.part).toBe(copy.part);
  });

  it('a getter that throws is named, with its error as the cause', () => {
    const cause = new Error('no');
    const value = {
      list: [
        {
          get bad(): never {
            throw cause;
          },
        },
      ],
    };
    const error = failure(value, medium);
    expect(error.message).toBe('argument 1: .list[0].bad threw when it was read');
    expect(error.cause).toBe(cause);
  });

  it('a list item that throws gives a TaskSerializationError too', () => {
    const list = Object.defineProperty([1], 0, {
      get: () => {
        throw new Error('no');
      },
    });
    expect(failure([list], medium).cause).toBeInstanceOf(Error);
  });

  it('Buffers arrive as Buffers over their own bytes', () => {
    const large = Buffer.alloc(300_000, 7);
    const small = Buffer.from('abc');
    const slow = Buffer.alloc(10, 1);
    const copy = carry({ small, part: large.subarray(5, 9), large, slow, empty: Buffer.alloc(0) }).value as Record<string, Buffer>;
    for (const [key, buffer] of Object.entries(copy)) {
      expect(Buffer.isBuffer(buffer), key).toBe(true);
      expect(buffer.buffer.byteLength, key).toBe(buffer.byteLength);
      expect(buffer.byteOffset, key).toBe(0);
    }
    expect(copy.small?.toString()).toBe('abc');
    expect(copy.part).toEqual(Buffer.alloc(4, 7));
    expect(copy.large?.equals(large)).toBe(true);
    for (const alone of [small, large, slow, large.subarray(7, 290_000), Buffer.alloc(0)]) {
      const arrived = carry(alone).value as Buffer;
      expect(Buffer.isBuffer(arrived)).toBe(true);
      expect(arrived.equals(alone)).toBe(true);
      expect(arrived.buffer.byteLength).toBe(alone.byteLength);
    }
    expect(large.byteLength).toBe(300_000);
  });

  it('a part of a buffer arrives as its own bytes, views of a whole one share it', () => {
    const buffer = new Uint8Array([1, 2, 3, 4]).buffer;
    const copy = carry({ part: new Uint16Array(buffer, 2), bytes: new Uint8Array(buffer), view: new DataView(buffer), buffer }).value as {
      part: Uint16Array;
      bytes: Uint8Array;
      view: DataView;
      buffer: ArrayBuffer;
    };
    expect(copy.part.buffer.byteLength).toBe(2);
    expect(copy.bytes.buffer).toBe(copy.buffer);
    expect(copy.view.buffer).toBe(copy.buffer);
    copy.bytes[0] = 9;
    expect(copy.view.getUint8(0)).toBe(9);
  });

  it('no byte of the Buffer pool crosses', () => {
    const canary = Buffer.from('CANARY-d41d8cd98f00b204');
    const neighbour = Buffer.from('ok');
    expect(neighbour.buffer).toBe(canary.buffer);
    const text = 'CANARY'; // not in a Buffer of its own, or the search would find itself
    const deep: { next?: unknown; bytes: Buffer } = { bytes: neighbour };
    deep.next = [nested(60), neighbour.subarray(1)];
    for (const value of [
      neighbour,
      { neighbour },
      new Uint8Array(neighbour.buffer, neighbour.byteOffset, 2),
      deep,
      new Map([[neighbour, 1]]),
    ]) {
      for (const buffer of buffersIn(carry(value).packed)) expect(Buffer.from(buffer).includes(text)).toBe(false);
    }
  });

  it('a view that follows a resizable buffer arrives with its current bytes', () => {
    const buffer = new (ArrayBuffer as unknown as new (n: number, o: object) => ArrayBuffer)(4, { maxByteLength: 1 << 30 });
    const copy = carry([new Uint8Array(buffer)]).value as [Uint8Array];
    expect(copy[0].buffer.byteLength).toBe(4);
    expect((copy[0].buffer as { resizable?: boolean }).resizable).toBe(false);
  });

  it.each([
    ['a function', { user: { callback() {} } }, '.user.callback is a function (callback)'],
    ['a class', { type: class Foo {} }, '.type is a function (Foo)'],
    ['an item', [1, [() => 1]], '[1][0] is a function'],
    ['a symbol', { s: Symbol('x') }, '.s is a symbol'],
    ['a boxed symbol', [Object(Symbol('x'))], '[0] is a Symbol'],
    ['a promise', { p: Promise.resolve() }, '.p is a Promise, which cannot be sent; await it first'],
    ['a proxy', { p: new Proxy({}, {}) }, '.p is a Proxy'],
    ['a proxy of a list', [new Proxy([], {})], '[0] is a Proxy'],
    ['a map value', { m: new Map([['k', Symbol.iterator]]) }, '.m.get("k") is a symbol'],
    ['a map key', { m: new Map([[() => 1, 1]]) }, '.m.keys()[0] is a function'],
    ['an item of a set', { s: new Set([1, () => 1]) }, '.s.values()[1] is a function'],
    ['an odd key', { 'a b': { '0': () => 1 } }, '["a b"]["0"] is a function'],
    ['a named item', Object.assign([1], { extra: () => 1 }), '.extra is a function'],
    ['a named item of a long list', Object.assign(Array(200).fill(1), { extra: () => 1 }), '.extra is a function'],
    ['a URL', { to: new URL('http://a/') }, '.to is a URL, which cannot be sent; send its href'],
    ['URLSearchParams', [new URLSearchParams()], '[0] is a URLSearchParams'],
    ['Headers', [new Headers()], '[0] is a Headers'],
    ['a Request', [new Request('http://a')], '[0] is a Request'],
    ['a Response', [new Response()], '[0] is a Response'],
    ['FormData', [new FormData()], '[0] is a FormData'],
    ['a File', [new File([], 'x')], '[0] is a File'],
    ['a signal', { signal: new AbortController().signal }, '.signal is an AbortSignal'],
    ['a controller', [new AbortController()], '[0] is an AbortController'],
    ['an EventTarget', [new EventTarget()], '[0] is an EventTarget'],
    ['an Event', [new Event('x')], '[0] is an Event'],
    ['a WeakMap', [new WeakMap()], '[0] is a WeakMap'],
    ['a WeakSet', [new WeakSet()], '[0] is a WeakSet'],
    ['a WeakRef', [new WeakRef({})], '[0] is a WeakRef'],
    ['a generator', [(function* () {})()], '[0] is a Generator'],
    ['an async generator', [(async function* () {})()], '[0] is an AsyncGenerator'],
    ['an iterator', [new Map().keys()], '[0] is a Map Iterator'],
    ['a number format', [new Intl.NumberFormat()], '[0] is an Intl.NumberFormat'],
    ['a stream', [new PassThrough()], '[0] is a PassThrough'],
    ['a web stream', [new ReadableStream()], '[0] is a ReadableStream'],
    ['a text encoder', [new TextEncoder()], '[0] is a TextEncoder'],
    ['a port', { port: new MessageChannel().port1 }, '.port is a MessagePort'],
    ['Math', [Math], '[0] is a Math'],
    ['memory', [new WebAssembly.Memory({ initial: 1 })], '[0] is a WebAssembly.Memory'],
    ['an emitter that is listened to', [new EventEmitter().on('x', () => 1)], '[0]._events.x is a function'],
    ['an instance with private data only', [new Vault()], '[0] is a Vault'],
    ['arguments', [argumentsOf(1)], '[0] is an arguments object'],
    ['a promise of another realm', [runInNewContext('Promise.resolve()')], '[0] is a Promise'],
    ['deep down', nested(80, () => 1), `${'.value'.repeat(80)} is a function`],
    ['the value itself', (() => 1) as unknown, undefined],
  ])('refuses %s', (_what, value, message) => {
    const error = failure(value, medium);
    expect(error.message.startsWith(message === undefined ? 'argument 1 is a function' : `argument 1: ${message}`), error.message).toBe(
      true,
    );
  });

  it('refuses a module namespace', async () => {
    expect(failure({ path: await import('@twinpool/core') }, medium).message).toContain('.path is a module namespace');
  });

  it('a refused value costs no neighbour and no later value', () => {
    const packer = new Packer(medium);
    packer.pack({ ok: 1 }, 'argument 1');
    expect(() => packer.pack({ no: () => 1 }, 'argument 1')).toThrow(TaskSerializationError);
    packer.pack({ ok: 2 }, 'argument 1');
    expect([packer.form, packer.value, packer.transfer]).toEqual([PLAIN, { ok: 2 }, undefined]);
  });

  it('a value that is nested too deeply to be written is refused', () => {
    const error = failure(nested(200_000), medium);
    expect(error.message).toBe('argument 1 cannot be sent: it is nested too deeply');
    expect(error.cause).toBeInstanceOf(RangeError);
  });

  it('a value that is nested too deeply to be decoded makes only its own decoding fail [F-22]', () => {
    const arrived = carry(nested(500));
    expect(arrived.form).toBe(BYTES);
    const { packed: bytes } = arrived;
    expect(() => onLittleStack(() => unpackBytes(bytes))).toThrow(RangeError);
    expect(unpackBytes(bytes)).toEqual(nested(500));
  });

  it('a damaged item makes only its own decoding fail', () => {
    for (const packedValue of [new Uint8Array([255, 15, 99]), new Uint8Array(0), 'text', [1], undefined, [1, null]]) {
      expect(() => unpackBytes(packedValue)).toThrow(Error);
    }
  });

  it('a check costs as much as the value has objects, not paths [F-39]', () => {
    const sizeOf = (value: unknown) => {
      const survey = new SendabilityCheck(medium, 'argument 1');
      survey.run(value);
      return survey.size;
    };
    const sparse: number[] = [];
    sparse.length = 2 ** 32 - 1;
    sparse[7] = 1;
    expect(sizeOf(sparse)).toBeLessThan(5);
    expect(sizeOf(dag(26))).toBeLessThan(100);
    expect(sizeOf(new Map([[dag(26), dag(40)]]))).toBeLessThan(200);
    const ring: unknown[] = [];
    ring.push(ring, ring);
    expect(sizeOf(ring)).toBeLessThan(5);
    const copy = carry(sparse).value as number[];
    expect([copy.length, copy[7], Object.keys(copy).length]).toEqual([2 ** 32 - 1, 1, 1]);
  });

  it('a payload over the limit is refused before it is sent', () => {
    const small = { ...medium, maxPayloadBytes: 1000 };
    for (const value of [
      { t: 'x'.repeat(2000) },
      Array(2000).fill(1),
      Buffer.alloc(2000),
      [new ArrayBuffer(2000)],
      new Map([['b', Buffer.alloc(1001)]]),
    ]) {
      const error = failure(value, small);
      expect(error).toBeInstanceOf(PayloadTooLargeError);
      expect(error.message).toContain('maxPayloadBytes (1000)');
    }
    expect(failure(Buffer.alloc(300_000), small)).toBeInstanceOf(PayloadTooLargeError);
    expect(failure('x'.repeat(2000), small)).toBeInstanceOf(PayloadTooLargeError);
    // Two bytes per character: only the serialised size exceeds the limit.
    expect(failure({ t: '€'.repeat(600) }, small)).toBeInstanceOf(PayloadTooLargeError);
    new Packer(small).pack({ t: 'x'.repeat(600), list: Array(50).fill(1) }, 'argument 1');
    new Packer(small).pack(Buffer.alloc(900), 'argument 1');
  });

  it('changes nothing in the value, and pollutes nothing', () => {
    const value = JSON.parse('{"__proto__":{"polluted":1},"a":{"__proto__":{"polluted":2}},"then":1,"prototype":{"x":1}}') as object;
    Object.defineProperty(value, 'once', { get: () => JSON.parse('{"__proto__":{"polluted":3}}') as object, enumerable: true });
    const copy = carry(value).value as { a: object; once: object };
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    for (const each of [copy, copy.a, copy.once]) {
      expect(Object.getPrototypeOf(each)).toBe(Object.prototype);
      expect(Object.keys(each)).toContain('__proto__');
    }
  });

  it('a polluted Object.prototype changes nothing', () => {
    const prototype = Object.prototype as unknown as Record<string, unknown>;
    const value = {
      a: [1, Buffer.from('x')],
      get b() {
        return 2;
      },
      ['__proto__']: 3,
    };
    const got: unknown[] = [];
    prototype.get = () => 'polluted';
    prototype.extra = () => 'polluted';
    try {
      got.push(carry(value).value, carry({ a: 1 }).value);
    } finally {
      delete prototype.get;
      delete prototype.extra;
    }
    expect(got).toEqual([{ a: [1, Buffer.from('x')], b: 2, ['__proto__']: 3 }, { a: 1 }]);
  });

  it('runs no code of a Proxy and of prototypes', () => {
    const trap = new Proxy(
      {},
      { get: () => ran(), getPrototypeOf: () => ran(), ownKeys: () => ran(), getOwnPropertyDescriptor: () => ran() },
    );
    expect(isProxy(trap)).toBe(true);
    expect(failure({ trap }, medium).message).toContain('.trap is a Proxy');
    class Loud {
      x = 1;
      get y() {
        return ran();
      }
      toJSON() {
        return ran();
      }
    }
    expect(carry(new Loud()).value).toEqual({ x: 1 });
  });

  it('sealed values arrive equal from either transport', () => {
    const value = { bytes: Buffer.from('abc'), list: [1, { deep: nested(60) }] };
    expect(unpackBytes(seal(value, 'the report', 1 << 20))).toEqual(value);
    expect(() => seal({ f() {} }, 'the report', 1 << 20)).toThrow(/the report: \.f is a function/);
    expect(() => seal({ text: 'x'.repeat(100) }, 'the report', 50)).toThrow(PayloadTooLargeError);
  });
});

describe('threads and processes', () => {
  it('deliver the same value', () => {
    fc.assert(fc.property(composed, (value) => deepStrictEqual(overThreads(value).value, overProcesses(value).value)));
  });

  it('send small plain values as they are', () => {
    for (const value of [
      { a: 1, b: 'x' },
      [1, 2, 3],
      new Map([[1, { d: new Date() }]]),
      { view: new Float64Array(10) },
      Array(3000).fill({ a: 1 }),
    ]) {
      expect(packed(value, THREADS).form).toBe(PLAIN);
      expect(packed(value, THREADS).value).toBe(value);
      expect(packed(value, PROCESSES).form).toBe(PLAIN);
    }
    expect(packed(Buffer.from('x'), PROCESSES).form).toBe(PLAIN);
    expect(packed(Buffer.from('x'), THREADS).form).toBe(BYTES);
    expect(packed(nested(60), THREADS).form).toBe(BYTES);
    expect(packed(Array(100_000).fill(0), PROCESSES).form).toBe(BYTES);
  });
});

describe('shared memory', () => {
  it('is shared with threads, in every form', () => {
    const memory = new SharedArrayBuffer(8);
    const cells = new Int32Array(memory);
    const part = new Int32Array(memory, 4);
    for (const value of [
      { memory, cells, part },
      { memory, cells, part, deep: nested(60) },
      { memory, cells, part, buffer: Buffer.from(memory) },
    ]) {
      const copy = overThreads(value).value as { memory: SharedArrayBuffer; cells: Int32Array; part: Int32Array; buffer?: Buffer };
      Atomics.store(copy.cells, 1, 42);
      expect(cells[1]).toBe(42);
      expect(copy.part[0]).toBe(42);
      expect(copy.cells.buffer).toBe(copy.memory);
      if (copy.buffer !== undefined) expect([Buffer.isBuffer(copy.buffer), copy.buffer[4]]).toEqual([true, 42]);
      cells[1] = 0;
    }
  });

  it('is refused for processes', () => {
    const memory = new SharedArrayBuffer(8);
    for (const value of [memory, { memory }, [new Int32Array(memory)], Buffer.from(memory)]) {
      expect(failure(value, PROCESSES).message).toContain('SharedArrayBuffer');
    }
  });
});

describe('a value that only postMessage can carry', () => {
  const key = createSecretKey(Buffer.from('0123456789abcdef'));
  const wasm = new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));

  it('is a separate message to threads, with Buffers as Buffers', async () => {
    const blob = new Blob(['text']);
    const arrived = overThreads({ key, wasm, blob, bytes: Buffer.from('abc'), deep: [{ key }] });
    expect(arrived.form).toBe(SEPARATE);
    const copy = arrived.value as { key: typeof key; wasm: unknown; blob: Blob; bytes: Buffer; deep: [{ key: object }] };
    expect(copy.key.export().toString()).toBe('0123456789abcdef');
    expect(copy.wasm).toBeInstanceOf(WebAssembly.Module);
    expect(await copy.blob.text()).toBe('text');
    expect([Buffer.isBuffer(copy.bytes), copy.bytes.toString(), copy.bytes.buffer.byteLength]).toEqual([true, 'abc', 3]);
    expect(copy.deep[0].key).toBe(copy.key);
  });

  it('an error in the same value keeps the views of a clone, over their own bytes', () => {
    const error = new TypeError('x', { cause: { bytes: Buffer.from('abc') } });
    const copy = (overThreads([key, error]).value as [unknown, TypeError & { cause: { bytes: Buffer } }])[1];
    expect([copy instanceof TypeError, copy.message, copy.stack]).toEqual([true, 'x', error.stack]);
    expect([Buffer.isBuffer(copy.cause.bytes), copy.cause.bytes.buffer.byteLength]).toEqual([true, 3]);
  });

  it('is refused for processes', () => {
    expect(failure({ key }, PROCESSES).message).toBe(
      'argument 1: .key is a SecretKeyObject, which cannot be sent: its data cannot be copied',
    );
    expect(failure([wasm], PROCESSES).message).toContain('[0] is a WebAssembly.Module');
    expect(failure([new Blob(['x'])], PROCESSES).message).toContain('[0] is a Blob');
  });

  it('only if the object really is what its tag says', () => {
    class Fake {
      readonly #parts = ['x'];
      get [Symbol.toStringTag]() {
        return 'Blob';
      }
      get size() {
        return this.#parts.length;
      }
    }
    Object.defineProperty(Fake.prototype, Symbol.toStringTag, { value: 'Blob' });
    expect(failure([new Fake()], THREADS).message).toContain('[0] is a Blob');
    class Histogram {
      counts = [1];
    }
    expect(overProcesses([new Histogram()]).value).toEqual([{ counts: [1] }]);
  });
});

function argumentsOf(..._items: number[]): unknown {
  // biome-ignore lint/complexity/noArguments: the test needs the arguments object
  return arguments;
}

function ran(): never {
  throw new Error('code of the value ran');
}

function failure(value: unknown, medium: TransportCapabilities): TaskSerializationError {
  try {
    packed(value, medium);
  } catch (error) {
    expect(error).toBeInstanceOf(TaskSerializationError);
    return error as TaskSerializationError;
  }
  throw new Error('it was not refused');
}

/** Runs `work` with almost no stack left. */
function onLittleStack(work: () => unknown): unknown {
  let free = 0;
  let outcome: (() => unknown) | undefined;
  const dive = (): void => {
    try {
      dive();
    } catch (overflow) {
      free += 1;
      // The first tries may not have enough stack to compile the function.
      if (free >= 100) outcome ??= settled(work);
      throw overflow;
    }
  };
  expect(dive).toThrow(RangeError);
  return outcome?.();
}

function settled(work: () => unknown): () => unknown {
  try {
    const value = work();
    return () => value;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

function buffersIn(value: unknown, found: Set<ArrayBufferLike> = new Set(), seen: Set<unknown> = new Set()): Set<ArrayBufferLike> {
  if (typeof value !== 'object' || value === null || seen.has(value)) return found;
  seen.add(value);
  if (value instanceof ArrayBuffer) found.add(value);
  else if (ArrayBuffer.isView(value)) found.add(value.buffer);
  else if (value instanceof Map) for (const entry of value) buffersIn(entry, found, seen);
  else for (const each of Object.values(value)) buffersIn(each, found, seen);
  return found;
}
