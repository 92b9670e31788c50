import { readFileSync } from 'node:fs';
import { type Api, migrate } from '@twinpool/migrate';
import { describe, isWhole, test } from '@twinpool/testkit/sample';
import { beforeAll, expect } from 'vitest';
import { LIBRARY_FILES } from '../src/library-types.ts';
import { analyse, errorsOf } from '../src/program.ts';

interface Row {
  readonly name: string;
  readonly before: string;
  readonly after: string;
  readonly left: readonly string[];
  readonly sources: readonly { readonly path: string; readonly text: string }[];
}

interface Section {
  readonly from: Api;
  readonly to: 'pool' | 'executor';
}

interface Coverage {
  readonly SECTIONS: readonly Section[];
  coveragePage(rowsOf: (section: Section) => Row[]): string;
  rewrittenCases(section: Section): Row[];
}

// JavaScript, since a script without a loader makes the page of it.
const coverage = (await import(new URL('./coverage.mjs', import.meta.url).href)) as Coverage;
const rows = new Map<string, Row[]>();
/** `npm test` rewrites the programs of our own APIs; the whole forms rewrite all. */
const SECTIONS = isWhole ? coverage.SECTIONS : coverage.SECTIONS.filter(({ from }) => ['pool', 'executor'].includes(from));

beforeAll(() => {
  for (const section of SECTIONS) rows.set(section.from, coverage.rewrittenCases(section));
}, 300_000);

test.runIf(isWhole)('docs/migrating-coverage.md is what scripts/make-migration-coverage.mjs writes', () => {
  const page = readFileSync(new URL('../../../docs/migrating-coverage.md', import.meta.url), 'utf8');
  expect(
    page === coverage.coveragePage((section) => rows.get(section.from) ?? []),
    'stale: run node scripts/make-migration-coverage.mjs',
  ).toBe(true);
});

describe.each(SECTIONS)('from $from to $to', ({ from, to }) => {
  const own = (): Row[] => rows.get(from) ?? [];

  test('what comes out compiles', () => {
    const before = own().flatMap(({ sources }) => sources);
    const ignored = /TS(7006|7019|7031|7016|2307|2304|7017|2345: Argument of type 'unknown')/;
    const errors = errorsOf(analyse(before)).filter((error) => (from === 'pool' || from === 'executor' ? true : !ignored.test(error)));
    expect(errors.filter((error) => !LOOP_QUIRK.test(error))).toEqual([]);
  });

  test('a second run changes nothing, and lists the same', () => {
    const again = migrate(
      own().flatMap(({ sources }) => sources),
      { to, from },
    );
    expect(again.files).toEqual([]);
    const expected = own().flatMap(({ sources: [main], left }) => left.map((reason) => `${main?.path} ${reason}`));
    const listed = new Set(again.leftovers.map(({ path, doc }) => `${path} ${doc.split('#')[1]}`));
    expect([...listed].sort()).toEqual(expected.sort());
  });

  test('every mark stands above the place, once', () => {
    for (const { sources, left, name } of own()) {
      const marks = sources.flatMap(({ text }) => [...text.matchAll(/\/\/ twinpool-migrate: .*#([\w-]+)$/gm)]);
      expect([...new Set(marks.map(([, reason]) => reason))].sort(), name).toEqual([...left].sort());
      expect(new Set(marks.map(([line]) => line)).size, name).toBe(marks.length);
    }
  });
});

test.runIf(isWhole)('what a pool becomes comes back', () => {
  const whole = (rows.get('pool') ?? []).filter(({ left }) => left.length === 0);
  const { leftovers, files } = migrate(
    whole.flatMap(({ sources }) => sources),
    { to: 'pool' },
  );
  expect(leftovers).toEqual([]);
  expect(errorsOf(analyse(files.map(({ path, after }) => ({ path, text: after })))).filter((error) => !LOOP_QUIRK.test(error))).toEqual([]);
});

test.runIf(isWhole)('what an executor becomes comes back', () => {
  const whole = (rows.get('executor') ?? []).filter(({ left }) => left.length === 0);
  const { leftovers, files } = migrate(
    whole.flatMap(({ sources }) => sources),
    { to: 'executor' },
  );
  expect(leftovers).toEqual([]);
  expect(errorsOf(analyse(files.map(({ path, after }) => ({ path, text: after })))).filter((error) => !LOOP_QUIRK.test(error))).toEqual([]);
});

/** TypeScript 6 awaits what a loop over `asCompleted` yields when it has seen the iterator's type before; TypeScript 7 does not. */
const LOOP_QUIRK = /TS2339: Property '(result|get)' does not exist on type 'number'/;

/** The members of a declaration of the library's types. */
function membersOf(declaration: RegExp): string[] {
  const text = LIBRARY_FILES.get('/@twinpool-migrate/twinpool.d.ts') ?? '';
  const body = declaration.exec(text)?.[1] ?? '';
  const names = [...body.matchAll(/(?:^|[;{\n])\s*(?:static )?(\w+)\??\s*[(:<]/g)].map(([, name]) => name as string);
  return [...new Set(names)].filter((name) => !['constructor', 'completed', 'total'].includes(name) && !name.startsWith('__'));
}

test.each([
  ['pool', /export interface PoolCalls \{([\s\S]*?)\n\}/],
  ['pool', /export class Pool implements AsyncDisposable \{([\s\S]*?)\n\}/],
  ['pool', /export interface AsyncResult<R> extends Promise<R> \{([\s\S]*?)\n\}/],
  ['pool', /export interface PoolOptions extends SharedOptions \{(.*)\}/],
  ['pool', /export interface AsyncMapOptions.*Callbacks<R> \{(.*)\}/],
  ['pool', /export interface CallOptions \{(.*)\}/],
  ['pool', /export interface MapOptions extends CallOptions \{(.*)\}/],
  ['executor', /export interface ExecutorCalls \{([\s\S]*?)\n\}/],
  ['executor', /export abstract class Executor implements AsyncDisposable \{([\s\S]*?)\n\}/],
  ['executor', /export interface ExecutorMapOptions extends CallOptions \{([\s\S]*?)\n\}/],
  ['executor', /export interface ExecutorOptions extends SharedOptions \{(.*)\}/],
  ['executor', /export interface ResultIterator<R> extends AsyncDisposable \{([\s\S]*?)\n\}/],
])('every member of %s %s is covered', (from, declaration) => {
  const code = (rows.get(from) ?? []).map(({ before }) => before).join('\n');
  expect(membersOf(declaration).filter((name) => !new RegExp(`\\b${name}\\b`).test(code))).toEqual([]);
});
