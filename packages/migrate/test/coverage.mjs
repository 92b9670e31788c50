// Builds docs/migrating-coverage.md: a table with every case of ./cases before and after the rewrite.
// `node scripts/make-migration-coverage.mjs` writes the page, and coverage.test.ts fails if the page is stale.
import { migrate } from '@twinpool/migrate';
import { cases as executorCases, preamble as executorPreamble } from './cases/executor.mjs';
import { cases as jestWorkerCases, files as jestWorkerFiles, preamble as jestWorkerPreamble } from './cases/jest-worker.mjs';
import { cases as piscinaCases, files as piscinaFiles, preamble as piscinaPreamble } from './cases/piscina.mjs';
import { cases as poolCases, preamble as poolPreamble } from './cases/pool.mjs';
import { cases as tinypoolCases, files as tinypoolFiles, preamble as tinypoolPreamble } from './cases/tinypool.mjs';
import { cases as workerpoolCases, files as workerpoolFiles, preamble as workerpoolPreamble } from './cases/workerpool.mjs';

const SECTIONS = [
  { title: 'From a pool to an executor', from: 'pool', to: 'executor', extension: 'ts', cases: poolCases, preamble: poolPreamble },
  { title: 'From an executor to a pool', from: 'executor', to: 'pool', extension: 'ts', cases: executorCases, preamble: executorPreamble },
  {
    title: 'From piscina',
    from: 'piscina',
    to: 'executor',
    extension: 'mjs',
    cases: piscinaCases,
    files: piscinaFiles,
    preamble: piscinaPreamble,
  },
  {
    title: 'From workerpool',
    from: 'workerpool',
    to: 'executor',
    extension: 'mjs',
    cases: workerpoolCases,
    files: workerpoolFiles,
    preamble: workerpoolPreamble,
  },
  {
    title: 'From tinypool',
    from: 'tinypool',
    to: 'executor',
    extension: 'mjs',
    cases: tinypoolCases,
    files: tinypoolFiles,
    preamble: tinypoolPreamble,
  },
  {
    title: 'From jest-worker',
    from: 'jest-worker',
    to: 'executor',
    extension: 'mjs',
    cases: jestWorkerCases,
    files: jestWorkerFiles,
    preamble: jestWorkerPreamble,
  },
];

const HEAD = `# Every rewrite

<!-- Made by scripts/make-migration-coverage.mjs from packages/migrate/test/cases: every row was rewritten by \`twinpool migrate\`. -->

Every name, method and option, before and after \`twinpool migrate\`. Marked code stays as it is or goes through an
[adapter](adapters.md); [what is left](migrating-leftovers.md) explains each reason. With \`--to pool\`, code of other libraries first becomes an
executor, which then becomes a pool: the rewrites of two tables, one after the other.
`;

const SEPARATOR = '// ---';

/** The rows of one direction: the code before and after, and the reasons of the places that were left. */
export function rewrittenCases({ from, to, extension, cases, preamble, files: others = {} }) {
  const sources = cases.map(([, code, before = ''], i) => ({
    path: `/cases/${from}-${i}/main.${extension}`,
    text: `${preamble}${before}${SEPARATOR}\n${code}\n`,
  }));
  const all = sources.flatMap(({ path }, i) => [
    sources[i],
    ...Object.entries(others)
      .filter(([name]) => sources[i].text.includes(name))
      .map(([name, text]) => ({ path: path.replace(/[^/]*$/, name), text })),
  ]);
  const { files, leftovers } = migrate(all, { to, from });
  return cases.map(([name, code], i) => {
    const { path, text } = sources[i];
    const after = files.find((file) => file.path === path)?.after ?? text;
    const folder = path.replace(/[^/]*$/, '');
    const rewrittenOthers = all
      .filter((source) => source.path.startsWith(folder) && source.path !== path)
      .map((source) => ({ path: source.path, text: files.find((file) => file.path === source.path)?.after ?? source.text }));
    const left = [...new Set(leftovers.filter((leftover) => leftover.path === path).map(({ doc }) => doc.split('#')[1]))];
    const [head, body] = after.split(`${SEPARATOR}\n`);
    // Declarations that the rewrite inserted before the first statement stand before the separator.
    const lines = head
      .split('\n')
      .filter((line) => /^(const \w+[tT]ask\d* =|.*_(terminating|draining))/.test(line) && !text.includes(line));
    return { name, before: code, after: [...lines, body.trim()].join('\n'), left, sources: [{ path, text: after }, ...rewrittenOthers] };
  });
}

export { SECTIONS };

/** The page as text. */
export function coveragePage(rowsOf = rewrittenCases) {
  return HEAD + SECTIONS.map((section) => sectionText(section, rowsOf(section))).join('');
}

function sectionText(section, cases) {
  const rows = cases.map(({ name, before, after, left }) => {
    const marks = left.map((reason) => `[${reason}](migrating-leftovers.md#${reason})`).join(', ');
    const cells = [`<code>${escaped(name)}</code>`, codeOf(before), codeOf(withoutMarks(after)), marks];
    return `| ${cells.join(' | ')} |`;
  });
  return `\n## ${section.title}\n\n| | before | after | marked |\n| --- | --- | --- | --- |\n${rows.join('\n')}\n`;
}

const withoutMarks = (text) => text.replace(/^[ \t]*\/\/ twinpool-migrate: .*\n/gm, '');

function codeOf(text) {
  return `<code>${text.split('\n').map(escaped).join('<br>')}</code>`;
}

function escaped(text) {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('|', '&#124;')
    .replaceAll('*', '&#42;')
    .replaceAll('_', '&#95;')
    .replaceAll('[', '&#91;')
    .replace(/^ +/, (spaces) => '&nbsp;'.repeat(spaces.length));
}
