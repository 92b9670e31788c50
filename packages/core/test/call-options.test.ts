import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OptionsError } from '../src/errors.ts';
import type { CallSettings } from '../src/jobs/job.ts';
import { checkOptions, type OwnOptions } from '../src/options/check-options.ts';
import { areFineForCall } from '../src/options/quick-checks.ts';
import { resolveCall } from '../src/options/resolve-options.ts';

const BASE: CallSettings = Object.freeze({ priority: 3, taskTimeout: 50, retries: 2, signal: undefined, onReport: undefined });
const { signal } = new AbortController();

const OF_CALLS = ['signal', 'priority', 'taskTimeout', 'retries', 'onReport'];
const OF_METHODS = [
  'callback',
  'errorCallback',
  'chunksize',
  'buffersize',
  'timeout',
  'onProgress',
  'onError',
  'failFast',
  'indexed',
  'into',
];
const STRANGE = ['speed', 'constructor', 'toString', '__proto__', 'hasOwnProperty', '', '0'];

const values = fc.oneof(
  fc.constantFrom<unknown>(
    undefined,
    null,
    true,
    false,
    'stop',
    'continue',
    '1',
    '',
    1n,
    Symbol.iterator,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    -0,
    Number.MAX_SAFE_INTEGER,
    2 ** 53,
    1.5,
    -1,
  ),
  fc.constantFrom<unknown>(signal, new EventTarget(), { aborted: false, addEventListener: 1 }, {}, [], [1], new Float64Array(1), Object(1)),
  fc.constantFrom<unknown>(() => undefined, class {}, new Proxy(() => undefined, {})),
  fc.integer({ min: -2, max: 5 }),
  fc.double(),
);

/** Own properties, also one named `__proto__`. */
const givenOptions = fc
  .array(fc.tuple(fc.constantFrom(...OF_CALLS, ...OF_METHODS, ...STRANGE), values), { maxLength: 5 })
  .map((entries) => Object.fromEntries(entries));

const methods = fc.record({
  extra: fc.constantFrom<readonly string[]>([], ['callback', 'errorCallback'], OF_METHODS),
  without: fc.constantFrom<readonly string[]>([], ['priority', 'retries']),
});

/** The faults that the schemas find. */
function slowly(options: object, extra: readonly string[], without: readonly string[]): OwnOptions | OptionsError {
  try {
    return checkOptions(
      'call',
      options,
      ({ call, map }) => {
        const names = [...OF_CALLS.filter((name) => !without.includes(name)), ...extra];
        return Object.fromEntries(names.map((name) => [name, (call[name] ?? map[name]) as (typeof call)[string]]));
      },
      () => undefined,
    );
  } catch (error) {
    return error as OptionsError;
  }
}

describe('options of a call that need no schema', () => {
  it('are those that the schemas take, but for `into`', () => {
    fc.assert(
      fc.property(givenOptions, methods, (options, { extra, without }) => {
        const checked = slowly(options, extra, without);
        const own = Object.assign(Object.create(null), options) as OwnOptions;
        for (const [name, value] of Object.entries(options)) if (value === undefined) delete own[name];
        expect(areFineForCall(own, extra, without)).toBe(!(checked instanceof OptionsError) && !('into' in checked));
      }),
      { numRuns: 2_000 },
    );
  });

  it('give the same options, and the others the same error', () => {
    fc.assert(
      fc.property(givenOptions, methods, (options, { extra, without }) => {
        const checked = slowly(options, extra, without);
        const resolve = () => resolveCall('call', options, BASE, extra, without);
        if (checked instanceof OptionsError) {
          expect(resolve).toThrow(OptionsError);
          expect(resolve).toThrow(checked.message);
          const paths = checked.issues.map(({ path }) => path);
          expect(paths).toEqual([...new Set(paths)]);
          return;
        }
        const { own, settings } = resolve();
        expect(Object.entries(own)).toEqual(Object.entries(checked));
        const { priority, taskTimeout, retries, signal, onReport } = { ...BASE, ...(checked as Partial<CallSettings>) };
        expect(settings).toEqual({ priority, taskTimeout, retries, signal, onReport });
        expect(Object.isFrozen(settings)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([{ priority: 1 }, { priority: 1, speed: 1 }])('reads each getter once: %o', (more) => {
    let reads = 0;
    const read = () => {
      reads += 1;
      return 7;
    };
    const accessor = Object.defineProperty({ ...more }, 'taskTimeout', { get: read, enumerable: true });
    try {
      expect(resolveCall('call', accessor, BASE).settings.taskTimeout).toBe(7);
    } catch (error) {
      expect(error).toBeInstanceOf(OptionsError);
    }
    expect(reads).toBe(1);
  });

  it('are not those of a prototype', () => {
    const inherited = Object.create({ priority: 9, speed: 1 }, { taskTimeout: { value: 8, enumerable: true }, retries: { value: -1 } });
    expect(resolveCall('call', inherited, BASE).settings).toMatchObject({ priority: 3, taskTimeout: 8, retries: 2 });
  });
});

describe('the settings of a call', () => {
  it('are shared by calls with the same numbers, and not with other ones', () => {
    const { settings } = resolveCall('call', { priority: 1 }, BASE);
    expect(resolveCall('call', { priority: 1 }, BASE).settings).toBe(settings);
    const other = { ...BASE, retries: 1 };
    expect(resolveCall('call', { priority: 1 }, other).settings).toMatchObject({ priority: 1, retries: 1 });
    for (const options of [{ priority: 2 }, { priority: 1, taskTimeout: 1 }, { priority: 1, retries: 0 }, { priority: 1, signal }]) {
      expect(resolveCall('call', options, BASE).settings).toMatchObject(options);
      expect(resolveCall('call', { priority: 1 }, BASE).settings).toEqual(settings);
    }
  });
});

it.each([
  [{ priority: 1n }, 'got 1n'],
  [{ retries: -0.5 }, 'got -0.5'],
  [{ taskTimeout: '5' }, "got '5'"],
  [{ priority: Number.NaN }, 'got NaN'],
  [{ onReport: Symbol('s') }, 'got Symbol(s)'],
])('the error of a bad value shows it as a program writes it: %o', (options, shown) => {
  expect(() => resolveCall('submit', options, BASE, [])).toThrow(shown);
});
