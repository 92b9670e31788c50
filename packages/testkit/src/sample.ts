/**
 * `describe`, `it` and `test` of vitest for files that would make `npm test` slow: they run a sample of the tests.
 *
 *   it(title)                                 runs one title in six
 *   describe.each(KINDS) > it(title)          runs one title in six, once: the title decides with which kind
 *   describe.each(KINDS) > it.each(rows)      runs about the eighth root of KINDS × rows, spread evenly
 *
 * `npm run test:all` (MATRIX=all), `npm run test:rest` (MATRIX=rest, only the files that use this one) and `npm run test:cluster` run all of them.
 * `.ci/run` runs the second and the third. The sample is the same in every run. A test that has to run with all its parameters each time imports vitest
 * itself. This file does not know what a test needs.
 */
import * as vitest from 'vitest';

/** Whether all tests run, not a sample of them. */
export const isWhole: boolean = process.env['MATRIX'] !== undefined || process.env['TWINPOOL_CLUSTER'] === '1';

/** Whether tests run their long forms: more repetitions of what is random or depends on the moment. Only `npm run test:all`. */
export const isLong: boolean = process.env['MATRIX'] === 'all';

/** Which rows of the tables around the running code it belongs to: row `index` of `count`. */
interface Place {
  readonly index: number;
  readonly count: number;
}

type Handler = (...args: unknown[]) => unknown;
type Each = (...table: unknown[]) => (title: string, ...rest: unknown[]) => unknown;
type Define = (title: string, ...rest: unknown[]) => unknown;
type Definer = Define & { readonly each: Each; readonly skip: unknown };

/** Of the tests that are in no table of their own, one in six runs. */
const ONE_IN = 6;
/** The fractional parts of its multiples are spread evenly: neighbours in a table are not taken together. */
const GOLDEN = 0.618_033_988_749_895;

let here: Place = { index: 0, count: 1 };

function within(place: Place, handler: Handler): Handler {
  return (...args) => {
    const before = here;
    here = place;
    try {
      return handler(...args);
    } finally {
      here = before;
    }
  };
}

function hashOf(text: string): number {
  let hash = 0;
  for (const character of text) hash = (Math.imul(hash, 31) + (character.codePointAt(0) as number)) >>> 0;
  return hash;
}

/** vitest calls the handler of a suite later: it gets the place of its definition. */
function placed(rest: unknown[], wrap: (handler: Handler) => Handler): unknown[] {
  return rest.map((each) => (typeof each === 'function' ? wrap(each as Handler) : each));
}

function sampledSuites(original: Definer): Definer {
  const define = (title: string, ...rest: unknown[]) => {
    const place = here;
    return original(title, ...placed(rest, (handler) => within(place, handler)));
  };
  const each: Each = (...table) => {
    const rows = rowsOf(table);
    return (title, ...rest) => {
      const outer = here;
      let next = 0;
      const wrap =
        (handler: Handler): Handler =>
        (...args) =>
          within({ index: outer.index * rows.length + next++, count: outer.count * rows.length }, handler)(...args);
      return original.each(rows)(title, ...placed(rest, wrap));
    };
  };
  return changed(original, define, each);
}

function sampledTests(original: Definer): Definer {
  const define = (title: string, ...rest: unknown[]) => {
    const { index, count } = here;
    return hashOf(title) % (ONE_IN * count) === index ? original(title, ...rest) : undefined;
  };
  const each: Each = (...table) => {
    const rows = rowsOf(table);
    return (title, ...rest) => {
      const { index, count } = here;
      const all = rows.length * count;
      const first = hashOf(title) % all;
      const isTaken = (_row: unknown, at: number) => (((at * count + index + first) % all) * GOLDEN) % 1 < all ** (1 / 8 - 1);
      return original.each(rows.filter(isTaken))(title, ...rest);
    };
  };
  return changed(original, define, each);
}

/** vitest's function with another call, `each` and `runIf`. */
function changed(original: Definer, define: Define, each: Each): Definer {
  const sampled: Definer = new Proxy(original, {
    apply: (_target, _self, [title, ...rest]) => define(title as string, ...rest),
    get(target, key) {
      if (key === 'each') return each;
      return key === 'runIf' ? (condition: unknown) => (condition ? sampled : original.skip) : Reflect.get(target, key);
    },
  });
  return sampled;
}

function rowsOf(table: unknown[]): readonly unknown[] {
  const [rows] = table;
  if (table.length !== 1 || !Array.isArray(rows)) throw new TypeError('expected a list of rows, got a template; a sample needs a list');
  return rows as unknown[];
}

export const describe: typeof vitest.describe = isWhole
  ? vitest.describe
  : (sampledSuites(vitest.describe as unknown as Definer) as unknown as typeof vitest.describe);
const sampled = isWhole ? vitest.test : (sampledTests(vitest.test as unknown as Definer) as unknown as typeof vitest.test);

export { sampled as it, sampled as test };
