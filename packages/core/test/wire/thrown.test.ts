// Tests thrown values: they arrive as far as they can be read, their size is bounded, and no direction throws.
import { readFileSync } from 'node:fs';
import { inspect, types } from 'node:util';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CancelledError,
  InitializerError,
  isAbort,
  TaskModuleError,
  TaskSerializationError,
  TaskTimeoutError,
  TaskValidationError,
  TimeoutError,
  TwinpoolError,
  WorkerLostError,
} from '../../src/errors.ts';
import { decodeThrown, type EncodedThrown, encodeThrown } from '../../src/wire/thrown.ts';
import { deepStrictEqual } from './deep-strict-equal.ts';
import { anything, throughFrame, throughPort } from './media.ts';

const WHERE = { workerId: 3, kind: 'process', pid: 4711, taskName: 'square' };

interface Fields extends Error {
  [field: string]: unknown;
}

describe.each([
  ['threads', throughPort],
  ['processes', throughFrame],
])('thrown, over %s', (_name, through) => {
  const carry = <T = Fields>(thrown: unknown): T => decodeThrown(through(encodeThrown(thrown)) as EncodedThrown, WHERE) as T;

  it.each([
    ['null', null],
    ['undefined', undefined],
    ['a text', 'text'],
    ['minus zero', -0],
    ['NaN', Number.NaN],
    ['a big integer', 10n ** 30n],
    ['a boolean', false],
    ['an object', { code: 1, list: [new Map([[1, new Date(5)]])], bytes: Buffer.from('abc') }],
    ['a list', [1, [2]]],
  ])('%s arrives as the same value', (_what, thrown) => {
    deepStrictEqual(carry(thrown), thrown);
    expect(Object.is(carry(thrown), thrown)).toBe(typeof thrown !== 'object' || thrown === null);
  });

  it('functions and symbols arrive as an error with their text', () => {
    expect(carry(Symbol('why'))).toBeInstanceOf(Error);
    expect(carry(Symbol('why')).message).toBe('Symbol(why)');
    expect(carry(function named() {}).message).toContain('function named()');
    const mute = Object.assign(() => 1, {
      toString: () => {
        throw new Error('no');
      },
    });
    expect(carry(mute)).toBeInstanceOf(Error);
  });

  it('an object that cannot be sent arrives as an error with the reason', () => {
    const error = carry({ retry() {} });
    expect(error).toBeInstanceOf(TaskSerializationError);
    expect(error.message).toContain('the thrown value: .retry is a function');
    expect(carry(new Proxy({}, {}))).toBeInstanceOf(TaskSerializationError);
    expect(carry('x'.repeat((1 << 22) + 1))).toBeInstanceOf(TaskSerializationError);
  });

  it.each([Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError])('%o keeps its class', (Class) => {
    const error = carry(new Class('message'));
    expect(Object.getPrototypeOf(error)).toBe(Class.prototype);
    expect([error.name, error.message, types.isNativeError(error)]).toEqual([Class.name, 'message', true]);
    expect(Object.hasOwn(error, 'name')).toBe(false);
    expect(Object.keys(error)).toEqual([]);
  });

  it("Node's errors keep class, code and fields", () => {
    const missing: unknown = caught(() => readFileSync('/no/such/file'));
    deepStrictEqual({ ...(carry(missing) as object) }, { errno: -2, code: 'ENOENT', syscall: 'open', path: '/no/such/file' });
    const invalid = carry(caught(() => Buffer.alloc('x' as unknown as number)));
    expect([invalid instanceof TypeError, invalid.code]).toEqual([true, 'ERR_INVALID_ARG_TYPE']);
  });

  it('a DOMException stays a DOMException', () => {
    const error = carry(new DOMException('stopped', 'AbortError'));
    expect(error).toBeInstanceOf(DOMException);
    expect([error.name, error.message, error.code, isAbort(error)]).toEqual(['AbortError', 'stopped', 20, true]);
    expect(error.stack).toContain('[worker 3, process 4711]');
    const signal = AbortSignal.abort();
    expect(isAbort(carry(signal.reason))).toBe(true);
  });

  it('a class of the user keeps name, message, fields, and the nearest built-in class', () => {
    class HttpError extends RangeError {
      override name = 'HttpError';
      status = 404;
      headers = new Map([['a', 'b']]);
      body = Buffer.from('gone');
      nothing = undefined;
      readonly #secret = 1;
      has() {
        return this.#secret;
      }
    }
    const error = carry(new HttpError('not found'));
    expect([error.name, error.message, error instanceof RangeError]).toEqual(['HttpError', 'not found', true]);
    deepStrictEqual(
      { ...error },
      { name: 'HttpError', status: 404, headers: new Map([['a', 'b']]), body: Buffer.from('gone'), nothing: undefined },
    );
    expect(error.has).toBeUndefined();
    expect('lossy' in error).toBe(false);
    class Named extends Error {
      override get name() {
        return 'Named';
      }
    }
    expect([carry(new Named('x')).name, Object.keys(carry(new Named('x')))]).toEqual(['Named', []]);
  });

  it('an old-style error is an error', () => {
    function Old(this: { message: string }) {
      this.message = 'old';
    }
    Old.prototype = Object.create(TypeError.prototype, { name: { value: 'Old' } });
    const error = carry(new (Old as unknown as new () => Error)());
    expect([error instanceof TypeError, types.isNativeError(error), error.name, error.message]).toEqual([true, true, 'Old', 'old']);
  });

  it('causes keep their classes, cycles and primitives too', () => {
    const root = new TypeError('root') as Fields;
    const error = new Error('top', { cause: new RangeError('middle', { cause: root }) });
    root.cause = error;
    const copy = carry(error);
    const middle = copy.cause as Fields;
    expect([middle instanceof RangeError, middle.message]).toEqual([true, 'middle']);
    expect((middle.cause as Fields).cause).toBe(copy);
    expect(Object.keys(copy)).toEqual([]);
    expect([carry(new Error('x', { cause: undefined })), carry(new Error('x', { cause: null }))].map((each) => 'cause' in each)).toEqual([
      true,
      true,
    ]);
    expect(carry(new Error('x', { cause: 'why' })).cause).toBe('why');
    expect(carry(new Error('x', { cause: { plain: [1] } })).cause).toEqual({ plain: [1] });
  });

  it('a long chain of causes is cut at 16', () => {
    let error: Error = new Error('0');
    for (let i = 1; i < 100; i++) error = new Error(String(i), { cause: error });
    let depth = 0;
    let at = carry(error);
    for (; at.cause instanceof Error; depth++) at = at.cause as Fields;
    expect([depth, at.message, at.lossy]).toEqual([16, '83', true]);
  });

  it('the members of an AggregateError arrive with their classes', () => {
    const shared = new TypeError('a');
    const error = carry(new AggregateError([shared, 'text', new DOMException('b', 'TimeoutError'), { code: 1 }, shared], 'all failed'));
    expect(error).toBeInstanceOf(AggregateError);
    const errors = error.errors as Fields[];
    expect(errors.map((each) => each?.message ?? each)).toEqual(['a', 'text', 'b', { code: 1 }, 'a']);
    expect(errors[0]).toBeInstanceOf(TypeError);
    expect(errors[4]).toBe(errors[0]);
    expect(Object.keys(error)).toEqual([]);
    const list = Object.assign(new Error('own list'), { errors: [new RangeError('x')] });
    expect((carry(list).errors as unknown[])[0]).toBeInstanceOf(RangeError);
  });

  it('too many members are cut', () => {
    const many = new AggregateError(Array.from({ length: 1500 }, (_, i) => new Error(String(i))));
    const error = carry(many);
    expect([(error.errors as unknown[]).length, error.lossy]).toEqual([1000, true]);
    const endless = new AggregateError([]);
    endless.errors.length = 2 ** 32 - 1;
    expect((carry(endless).errors as unknown[]).length).toBe(1000);
  });

  it('fields that cannot travel are left out, and the error is marked lossy', () => {
    const error = Object.assign(new Error('x', { cause: () => 1 }), {
      code: 'E_X',
      callback() {},
      sym: Symbol('s'),
      to: new URL('http://a'),
      good: 1,
      response: { nested: { f() {} } },
    });
    Object.defineProperty(error, 'loud', {
      enumerable: true,
      get: () => {
        throw new Error('no');
      },
    });
    const copy = carry(error);
    deepStrictEqual({ ...copy }, { code: 'E_X', good: 1, loud: undefined });
    expect([copy.lossy, Object.keys(copy).includes('lossy'), 'cause' in copy]).toEqual([true, false, false]);
    expect(carry(new Error('whole')).lossy).toBeUndefined();
  });

  it('a hostile error arrives as far as it can be read', () => {
    const stackless = new Error('x');
    Object.defineProperty(stackless, 'stack', {
      get: () => {
        throw new Error('no');
      },
    });
    expect([carry(stackless).message, carry(stackless).lossy, carry(stackless).stack?.startsWith('Error: x\n')]).toEqual(['x', true, true]);
    const odd = Object.assign(new Error('x'), { name: 5, message: Symbol('m'), stack: {} });
    expect(carry(odd)).toBeInstanceOf(Error);
    const refuse = () => {
      throw new Error('trap');
    };
    const traps = { get: refuse, getPrototypeOf: refuse, ownKeys: refuse, getOwnPropertyDescriptor: refuse, has: refuse };
    expect(carry(new Proxy(new Error('x'), traps))).toBeInstanceOf(Error);
    expect(carry(new Proxy(new TypeError('seen through'), {})).message).toBe('seen through');
  });

  it('errors of another realm keep class, message and cause', () => {
    const error = carry(runInNewContext("new TypeError('far', { cause: new RangeError('away') })"));
    expect([error instanceof TypeError, error.message, error.cause instanceof RangeError]).toEqual([true, 'far', true]);
  });

  it('nothing is polluted, nothing becomes a promise', () => {
    const error = new Error('x') as Fields;
    for (const key of ['__proto__', 'constructor', 'prototype', 'then']) {
      Object.defineProperty(error, key, { value: { polluted: true }, enumerable: true });
    }
    const copy = carry(error);
    expect(Object.keys(copy)).toEqual([]);
    expect([copy.lossy, copy.constructor, Object.getPrototypeOf(copy)]).toEqual([true, Error, Error.prototype]);
    const { rows, ...hostile } = { rows: structuredClone(encodeThrown(new Error('x'))) as unknown as [number, { fields: unknown[] }[]] };
    expect(hostile).toEqual({});
    rows[1][0]?.fields.push(['__proto__', true, [0, 'x']], ['then', true, [0, 'x']], ['message', true, [0, 'y']]);
    const read = decodeThrown(rows as unknown as EncodedThrown, WHERE) as Fields;
    expect([Object.keys(read), read.message, Object.getPrototypeOf(read)]).toEqual([[], 'x', Error.prototype]);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('a polluted Object.prototype changes nothing', () => {
    const prototype = Object.prototype as unknown as Record<string, unknown>;
    const thrown = Object.assign(new Error('x'), { code: 'E_X' });
    const encoded = through(encodeThrown(thrown)) as EncodedThrown;
    let got: unknown;
    prototype.get = () => 'polluted';
    try {
      got = decodeThrown(encoded, WHERE);
    } finally {
      delete prototype.get;
    }
    expect({ ...(got as object) }).toEqual({ code: 'E_X' });
  });

  it('the stack is the stack of the worker, with a line that names the worker', () => {
    const error = new Error('x');
    const copy = carry(error);
    expect(copy.stack).toBe(`${error.stack}\n    at [worker 3, process 4711] task 'square'`);
    const { enumerable, configurable, writable } = Object.getOwnPropertyDescriptor(copy, 'stack') as PropertyDescriptor;
    expect({ enumerable, configurable, writable }).toEqual({ enumerable: false, configurable: true, writable: true });
    const encoded = encodeThrown(error);
    const stackIn = (where: Parameters<typeof decodeThrown>[1]) => (decodeThrown(encoded, where) as Error).stack;
    expect(stackIn({ workerId: 1, kind: 'thread', threadId: 9 })).toContain('\n    at [worker 1, thread 9]');
    expect(stackIn({ workerId: 1, kind: 'cluster' })).toContain('\n    at [worker 1, cluster]');
    expect(
      stackIn({ ...WHERE, taskName: 'a\n    at forged' })
        ?.split('\n')
        .at(-1),
    ).toBe("    at [worker 3, process 4711] task 'a     at forged'");
    expect(inspect(copy)).toContain('[worker 3, process 4711]');
  });

  it('is bounded in size', () => {
    const error = Object.assign(new Error('x'.repeat(1 << 23)), { text: 'y'.repeat(1 << 23), bytes: new Uint8Array(1 << 23) });
    const copy = carry(error);
    expect([copy.message.length <= 1 << 22, copy.lossy, Object.keys(copy)]).toEqual([true, true, []]);
    const wide = Object.assign(new Error('wide'), Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`k${i}`, i])));
    expect([Object.keys(carry(wide)).length <= 256, carry(wide).lossy]).toEqual([true, true]);
  });

  it('errors of this package keep class, code and fields, and are marked remote', () => {
    const lost = new WorkerLostError('gone', { workerId: 7, signal: 'SIGKILL', taskName: 'resize', cause: new TypeError('why') });
    const copy = carry<WorkerLostError>(lost);
    expect(copy).toBeInstanceOf(WorkerLostError);
    expect([copy.code, copy.name, copy.signal, copy.workerId, copy.exitCode, copy.taskName, copy.remote]).toEqual([
      'ERR_TWINPOOL_WORKER_LOST',
      'WorkerLostError',
      'SIGKILL',
      7,
      null,
      'resize',
      true,
    ]);
    expect([copy.cause instanceof TypeError, Object.keys(copy).includes('remote'), types.isNativeError(copy)]).toEqual([true, false, true]);
    const timeout = carry<TimeoutError>(new TaskTimeoutError('late'));
    expect([timeout instanceof TaskTimeoutError, timeout instanceof TimeoutError, timeout.remote]).toEqual([true, true, true]);
    const invalid = new TaskValidationError('bad', [{ message: 'no', path: ['a', { key: 0 }] }]);
    expect(carry<TaskValidationError>(invalid).issues).toEqual(invalid.issues);
    expect(isAbort(carry(new CancelledError('stop')))).toBe(true);
    expect(lost.remote).toBeUndefined();
    expect((carry(new Error('x', { cause: new InitializerError('y') })).cause as TwinpoolError).remote).toBe(true);
  });

  it('a report of the worker itself is not marked remote', () => {
    const encoded = through(encodeThrown(new TaskModuleError('no export', { cause: new SyntaxError('x') }), 'worker')) as EncodedThrown;
    const error = decodeThrown(encoded, WHERE) as TaskModuleError;
    expect([error instanceof TaskModuleError, error.remote, error.cause instanceof SyntaxError]).toEqual([true, undefined, true]);
  });

  it('a second transport keeps everything and adds its line', () => {
    const first = carry(Object.assign(new TypeError('x'), { callback() {}, code: 'E' }));
    const second = carry(first);
    expect([second instanceof TypeError, second.code, second.lossy, second.stack?.match(/\[worker 3/g)?.length]).toEqual([
      true,
      'E',
      true,
      2,
    ]);
  });

  it('anything thrown arrives, and never throws', () => {
    fc.assert(
      fc.property(anything, (thrown) => {
        deepStrictEqual(carry(thrown), thrown);
        const wrapped = carry(Object.assign(new Error('x', { cause: thrown }), { field: thrown }));
        deepStrictEqual([wrapped.cause, wrapped.field], [thrown, thrown]);
      }),
    );
  });
});

it('runs no constructor of the program when it decodes errors', () => {
  let made = 0;
  class Costly extends Error {
    constructor() {
      super('costly');
      made++;
    }
  }
  const encoded = encodeThrown(new Costly());
  decodeThrown(encoded, WHERE);
  expect(made).toBe(1);
  expect(decodeThrown(encodeThrown(new TwinpoolError('x')), WHERE)).toBeInstanceOf(TwinpoolError);
});

it('damaged encodings become an error, and never throw', () => {
  const damaged: unknown[] = [
    undefined,
    null,
    1,
    [],
    [9],
    [2],
    [2, []],
    [2, [{}]],
    [2, [null]],
    [1, new Uint8Array(3)],
    [2, [{ base: 'Error', fields: 1 }]],
  ];
  for (const each of damaged) expect(decodeThrown(each as EncodedThrown, WHERE)).toBeInstanceOf(Error);
  fc.assert(
    fc.property(fc.anything(), fc.nat(3), (payload, how) => {
      expect(() => decodeThrown([how, payload], WHERE)).not.toThrow();
      expect(() => decodeThrown([2, [payload]], WHERE)).not.toThrow();
    }),
  );
});

function caught(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}
