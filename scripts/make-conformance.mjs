// Writes docs/conformance.md: the rows of the conformance table (packages/testkit/src/conformance), each with the tests that prove it.
// The results are those of the last runs of all tests (`npm run test:all`), which scripts/summary-reporter.ts stores. A row needs a passing test or
// a written reason.
// Usage: node scripts/make-conformance.mjs            writes the page
//        node scripts/make-conformance.mjs --run      runs the tests first
//        node scripts/make-conformance.mjs --check    writes nothing; fails when a row is unproven or the page is stale
// Requires a build.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { clusterDifferences, notApplicable, outOfScope, rows } from '@twinpool/testkit/conformance';
import { conclude, root, run } from './workspace.mjs';

const RESULTS = `${root}node_modules/.cache/twinpool-tests.json`;
const PAGE = 'docs/conformance.md';
/** The tests of the facades. In other tests the same letters number faults and scenarios. */
const PROVING = /^packages\/((pool|executor|adapters)\/test\/|twinpool\/test\/[^/]*\.test\.ts$)/;
const PROJECTS = ['pool', 'executor', 'adapters', 'twinpool'];
/** The maximum number of tests that a row shows. */
const MOST_SHOWN = 6;
/** The id of a row as a separate word in a title. */
const ID = /(?<![\w-])(?:[A-Z]+-)+\d+(?![\w-])/g;

const problems = [];
const options = process.argv.slice(2);
if (options.includes('--run')) {
  const projects = PROJECTS.flatMap((name) => ['--project', name]);
  const { code, stdout } = await run(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...projects], {
    limit: 1_500_000,
    env: { ...process.env, MATRIX: 'all' },
  });
  if (code !== 0) problems.push(`the tests ended with ${code}:\n${stdout.split('\n').slice(-40).join('\n')}`);
}
if (!existsSync(RESULTS)) problems.push('found no test results: run `npm run test:all` first, or pass --run');
else make();
conclude('conformance', problems, `${rows.length} rows`);

function make() {
  const tests = testsOf(JSON.parse(readFileSync(RESULTS, 'utf8')));
  const byId = groupedById(tests);
  checkTitles(tests);
  const page = pageOf(rows.map((row) => ({ ...row, ...verdictOf(row, proofsOf(row, tests, byId)) })));
  const file = root + PAGE;
  // The page states that all rows are proven, so it is written only without problems.
  if (!options.includes('--check')) {
    if (problems.length === 0) writeFileSync(file, page);
  } else if (!existsSync(file) || readFileSync(file, 'utf8') !== page) {
    problems.push(`${PAGE} is stale: run \`npm run test:all\` and node scripts/make-conformance.mjs${firstDifference(file, page)}`);
  }
}

/** All tests that ran, in files that still exist. */
function testsOf(results) {
  return Object.entries(results)
    .filter(([file]) => PROVING.test(file) && existsSync(root + file))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([file, cases]) => cases.filter(({ state }) => state !== 'skipped').map((test) => ({ ...test, file })));
}

function groupedById(tests) {
  const byId = new Map();
  for (const test of tests) {
    for (const id of new Set(test.title.match(ID))) byId.set(id, [...(byId.get(id) ?? []), test]);
  }
  return byId;
}

/** Checks that every id in brackets is the id of a row; F- and C- number faults and other tables. */
function checkTitles(tests) {
  const known = new Set(rows.map(({ id }) => id));
  for (const { file, title } of tests) {
    for (const [, id] of title.matchAll(/\[((?:[A-Z]+-)+\d+)\]/g)) {
      if (!known.has(id) && !/^[CF]-\d+$/.test(id)) problems.push(`${file}: row ${id} does not exist: ${title}`);
    }
  }
}

/** The tests with the id of the row, then the tests that its proofs name. */
function proofsOf(row, tests, byId) {
  const found = new Set(byId.get(row.id));
  for (const proof of row.proof) {
    const [place, words] = proof.split('#');
    const [folder, ...path] = place.split('/');
    const named =
      words === undefined
        ? (byId.get(proof) ?? [])
        : tests.filter(({ file, title }) => file === `packages/${folder}/test/${path.join('/')}.test.ts` && title.includes(words));
    if (named.length === 0 && words !== undefined) problems.push(`${row.id}: test ${proof} does not exist`);
    for (const test of named) found.add(test);
  }
  return [...found];
}

function verdictOf(row, proofs) {
  for (const { file, title } of proofs.filter(({ state }) => state !== 'passed')) problems.push(`${row.id}: ${file}: ${title}: failed`);
  if (row.verdict === 'not applicable' && proofs.length > 0) problems.push(`${row.id}: has tests, but is marked as not applicable`);
  if (row.verdict === 'not applicable' || proofs.length > 0) return { proofs };
  const reason = notApplicable[row.id];
  if (reason === undefined) problems.push(`${row.id}: has neither a test nor a reason (${row.ours})`);
  return { ours: `${row.ours} (no test: ${reason})`, proofs };
}

function firstDifference(file, page) {
  const before = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  const at = page.split('\n').findIndex((line, i) => line !== before[i]);
  return `\n    there: ${before[at] ?? '(nothing)'}\n    now:   ${page.split('\n')[at] ?? '(nothing)'}`;
}

function pageOf(proven) {
  const count = (verdict) => proven.filter((row) => row.verdict === verdict).length;
  const sections = [...new Set(proven.map(({ section }) => section))];
  const proving = new Set(proven.flatMap(({ proofs }) => proofs));
  const files = [...new Set([...proving].map(({ file }) => file))].sort();
  return `<!-- Generated by scripts/make-conformance.mjs from the results of the tests; edit packages/testkit/src/conformance instead. -->

# Conformance

What CPython's \`multiprocessing.Pool\` and \`concurrent.futures\` do, what this package does, and the tests that prove it. Rows of the API first,
then known defects of CPython, then CPython's own tests, which are ported under their names. CPython is 3.13, with what 3.14 to 3.16 add or
repair.

| verdict | | rows |
| --- | --- | --- |
| same | the same behaviour, in camelCase, with promises and milliseconds | ${count('same')} |
| adapted | the same purpose in another form, which the row describes | ${count('adapted')} |
| better | CPython has a defect or a limit there | ${count('better')} |
| not applicable | with the reason | ${count('not applicable')} |

${proving.size} tests stand behind these rows; all of them pass. A number in brackets says how many there are of one name: one for each kind of
worker and for other variants.

${sections.map((section) => sectionOf(section, proven)).join('\n')}
${clusterSection()}
## Out of scope

Classes of CPython's \`_test_multiprocessing.py\` that test something else: locks, pipes, queues, managers, shared memory, resource tracking.

${outOfScope.map((line) => `- ${text(line)}`).join('\n')}

${files.map((file) => `[${shortOf(file)}]: ../${file}`).join('\n')}
`;
}

/** The tests that `npm run test:cluster` leaves out, by reason. */
function clusterSection() {
  const byReason = new Map();
  for (const [file, reasons] of Object.entries(clusterDifferences)) {
    for (const [title, reason] of Object.entries(reasons)) {
      byReason.set(reason, [...(byReason.get(reason) ?? []), `${file.replace('/test/', '/').replace(/\.test\.ts$/, '')}: ${title}`]);
    }
  }
  const lines = [...byReason].map(([reason, titles]) => `| ${text(reason)} | ${titles.map(text).join('<br>')} |`);
  return `## On a cluster

\`npm run test:cluster\` runs the tests of both facades once more, on a runtime of [@twinpool/bullmq](bullmq.md): two nodes with one worker process each. They pass
unchanged, except for these, which are not run:

| why | tests |
| --- | --- |
${lines.join('\n')}

A facade that bounds itself to as many places as there are workers cancels as it does on local workers. Without a bound it sends up to twice the slots of all nodes,
and what was sent is \`running()\` and cannot be cancelled ([what is guaranteed](bullmq.md#what-is-guaranteed)).
`;
}

function sectionOf(section, proven) {
  const lines = proven.filter((row) => row.section === section).map(lineOf);
  return `## ${section}

| row | CPython | here | verdict | proven by |
| --- | --- | --- | --- | --- |
${lines.join('\n')}
`;
}

function lineOf({ id, cpython, ours, verdict, proofs }) {
  return `| ${id} | ${text(cpython)} | ${text(ours)} | ${verdict} | ${shown(proofs).join('<br>')} |`;
}

function shortOf(file) {
  return file
    .replace(/^packages\//, '')
    .replace('/test/', '/')
    .replace(/\.test\.ts$/, '');
}

/** Merges the tests of one file and name into one entry, with their number. */
function shown(proofs) {
  const entries = new Map();
  for (const { file, title, state } of proofs) {
    const name = title
      .split(' > ')
      .at(-1)
      .replaceAll(/\s*\[[A-Z][\w-]*\]/g, '')
      .replaceAll(/\s+/g, ' ');
    const short = file
      .replace(/^packages\//, '')
      .replace('/test/', '/')
      .replace(/\.test\.ts$/, '');
    const key = `${state === 'passed' ? '✓' : '✗'} [${short}]: ${text(name)}`;
    entries.set(key, (entries.get(key) ?? 0) + 1);
  }
  const all = [...entries].map(([entry, times]) => (times === 1 ? entry : `${entry} (${times})`));
  return all.length <= MOST_SHOWN ? all : [...all.slice(0, MOST_SHOWN - 1), `and ${all.length - MOST_SHOWN + 1} more`];
}

function text(words) {
  return words
    .split(/(`[^`]*`)/)
    .map((part) => (part.startsWith('`') ? part : part.replaceAll(/[<>*[\]]|(?<!\w)_|_(?!\w)/g, '\\$&')))
    .join('')
    .replaceAll('|', '\\|');
}
