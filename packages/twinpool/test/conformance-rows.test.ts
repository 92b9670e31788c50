/** Checks the conformance table: no row of CPython's lists is missing, and every reference of a row exists. */
import { notApplicable, rows } from '@twinpool/testkit/conformance';
import { expect, test } from 'vitest';

/** The number ranges of CPython's API, defects and tests: from 1 (or the first of two) to the last. */
const FAMILIES: readonly [name: string, ...ranges: (readonly [first: number, last: number])[]][] = [
  ['P-NEW', [1, 13]],
  ['P-LIFE', [1, 13]],
  ['P-APP', [1, 4]],
  ['P-MAP', [1, 10]],
  ['R', [1, 16]],
  ['I', [1, 13]],
  ['F', [1, 21]],
  ['X', [1, 23]],
  ['T', [1, 10]],
  ['E', [1, 23]],
  ['IP', [1, 4]],
  ['EX', [1, 3]],
  ['W', [1, 9]],
  ['C-AC', [1, 7]],
  ['D', [1, 24], [30, 54]],
  ['B', [1, 217]],
];

const ids = rows.map(({ id }) => id);

test('every row is there, once', () => {
  const wanted = FAMILIES.flatMap(([name, ...ranges]) =>
    ranges.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, i) => `${name}-${first + i}`)),
  );
  expect([...ids].sort()).toEqual(wanted.sort());
});

test('proofs and reasons are of rows that are there; a reason says something', () => {
  for (const id of rows.flatMap(({ proof }) => proof.filter((each) => !each.includes('#')))) expect(ids).toContain(id);
  for (const [id, reason] of Object.entries(notApplicable)) {
    expect(ids).toContain(id);
    expect(reason.length, id).toBeGreaterThan(10);
  }
});
