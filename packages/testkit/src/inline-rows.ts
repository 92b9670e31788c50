/**
 * Runs the rows of a conformance suite on an inline runtime, except for those on a list: each with the reason why it needs a thread or a process.
 *
 *   the suite's `test` --title is on the list--> skipped          --else--> the test runs
 *
 * `checkList` fails if the list has a title that no test has. It does not know the rows.
 */
import { expect, type TestAPI, test as vitestTest } from 'vitest';

export interface InlineRows {
  /** In place of vitest's. Titles are those in the source, before `%s` is filled in. */
  readonly test: TestAPI;
  /** To be called after the last row. */
  checkList(): void;
}

type Body = (...args: unknown[]) => void;

export function inlineRows(reasons: Readonly<Record<string, string>>): InlineRows {
  const met = new Set<string>();
  const chosen = (title: string): TestAPI => {
    if (!Object.hasOwn(reasons, title)) return vitestTest;
    met.add(title);
    return vitestTest.skip as TestAPI;
  };
  const test = Object.assign((title: string, body: Body) => chosen(title)(title, body), {
    each: (cases: readonly unknown[]) => (title: string, body: Body) => chosen(title).each(cases)(title, body),
    runIf: (condition: unknown) => (title: string, body: Body) => chosen(title).runIf(condition)(title, body),
  });
  return {
    test: test as unknown as TestAPI,
    checkList: () =>
      vitestTest('the rows that an inline runtime leaves out are rows of this suite', () => {
        expect(Object.keys(reasons).filter((title) => !met.has(title))).toEqual([]);
      }),
  };
}
