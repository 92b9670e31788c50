// npm run comparison [-- --check] [-- --only name,...] [--row text]
// Runs the faults and the features in the pools of other packages, and writes the results, docs/comparison.md between its markers, and nothing else.
//
//   faults/, features/ --> results/comparison.json (with versions and date) --> docs/comparison.md; `npm run bench:report` draws the picture
//
// A busy machine may disturb a program, so all of them run twice. Where the two results differ, the program runs alone until it has given one
// result three times: that one is written.
//
// --check writes nothing, and fails if a result or a version differs from the page. Results of another version of Node.js or Python than the
// page's are not compared. --only and --row print a part of the tables, and write nothing.
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { versions } from '../bench/harness/machine.mjs';
import { contenders } from './faults/contenders.mjs';
import { judgeFaults } from './faults/judge.mjs';
import { columns } from './features/features.mjs';
import { tryFeatures } from './features/try.mjs';
import { tableOf } from './harness/programs.mjs';

const RESULTS = new URL('results/comparison.json', import.meta.url);
const PAGE = new URL('../docs/comparison.md', import.meta.url);

const { values: options } = parseArgs({
  options: { check: { type: 'boolean', default: false }, only: { type: 'string', default: '' }, row: { type: 'string', default: '' } },
});
const installed = versions();
const isPart = options.only !== '' || options.row !== '';
const isWanted = (name) => options.only.split(',').some((part) => name.includes(part)) && (hasPython() || !name.startsWith('Python'));
const results = await tried(isWanted, (what) => what.includes(options.row));

if (isPart) console.log(`${faultTable(results)}\n\n${featureTable(results)}`);
else if (options.check) await check();
else write(await confirmed(results));

async function tried(isName, isRow) {
  const faults = await judgeFaults(Object.keys(contenders).filter(isName), isRow);
  const features = await tryFeatures(columns.filter(isName), isRow);
  return { date: new Date().toISOString().slice(0, 10), versions: installed, faults: merged(faults), features };
}

/** Runs all programs again, and those that gave another result until one result has come three times. */
async function confirmed(first) {
  const second = await tried(isWanted, () => true);
  for (const [kind, what, name, text] of cellsOf(first)) {
    const seen = [text, second[kind][what][name]];
    if (seen[0] === seen[1]) continue;
    const often = () => seen.find((each) => seen.filter((other) => other === each).length === 3);
    while (often() === undefined && seen.length < 20) seen.push(await once(kind, what, name));
    console.log(`comparison: ${what}, ${name}: ${seen.join(', ')}`);
    second[kind][what][name] = often() ?? seen.at(-1);
  }
  return second;
}

/** Our two facades share one column per kind, which is `ok` if both are. */
function merged(faults) {
  return Object.fromEntries(
    Object.entries(faults).map(([what, row]) => {
      const verdicts = {};
      for (const [name, verdict] of Object.entries(row)) verdicts[columnOf(name)] = [...(verdicts[columnOf(name)] ?? []), verdict];
      return [what, Object.fromEntries(Object.entries(verdicts).map(([name, all]) => [name, [...new Set(all)].join(' / ')]))];
    }),
  );
}

function columnOf(name) {
  return contenders[name]?.isOurs ? `twinpool ${contenders[name].kind === 'thread' ? 'T' : 'P'}` : name;
}

function columnsOf(rows) {
  return Object.keys(Object.values(rows)[0] ?? {});
}

function faultTable({ faults }) {
  return tableOf('the fault of the task', columnsOf(faults), Object.keys(faults), (what, name) => faults[what][name]);
}
function featureTable({ features }) {
  return tableOf('what is wanted', columnsOf(features), Object.keys(features), (what, name) => features[what][name]);
}

function hasPython() {
  return installed.python !== undefined;
}

/** Whether a package is compared: the columns of its pools begin with its name. */
function isPeer(name) {
  return Object.keys(contenders).some((column) => column.startsWith(`${name} `));
}

function versionsOf({ date, versions: { node, python, ...packages } }) {
  const peers = Object.entries(packages).filter(([name]) => isPeer(name));
  return `Run on ${date} with Node.js ${node}: ${peers.map(([name, version]) => `${name} ${version}`).join(', ')}, CPython ${python}.`;
}

function pageOf(page, stored) {
  const parts = { versions: versionsOf(stored), faults: faultTable(stored), features: featureTable(stored) };
  return Object.entries(parts).reduce((text, [name, part]) => {
    const [before, rest] = text.split(`<!-- ${name} -->\n`);
    const after = rest?.split(`<!-- /${name} -->`)[1];
    if (after === undefined) throw new Error(`expected the markers <!-- ${name} --> and <!-- /${name} --> in docs/comparison.md`);
    return `${before}<!-- ${name} -->\n\n${part}\n\n<!-- /${name} -->${after}`;
  }, page);
}

function write(stored) {
  writeFileSync(RESULTS, `${JSON.stringify(stored, null, 2)}\n`);
  writeFileSync(PAGE, pageOf(readFileSync(PAGE, 'utf8'), stored));
  console.log('comparison: written; `npm run bench:report` draws the picture of README.md anew');
}

async function check() {
  const stored = JSON.parse(readFileSync(RESULTS, 'utf8'));
  const page = readFileSync(PAGE, 'utf8');
  const problems = pageOf(page, stored) === page ? [] : ['docs/comparison.md differs from chaos/results/comparison.json'];
  for (const [name, version] of Object.entries(stored.versions)) {
    if (isPeer(name) && installed[name] !== version) problems.push(`${name}: the page is of ${version}, installed is ${installed[name]}`);
  }
  const part = (version, count) => version?.split('.').slice(0, count).join('.');
  const sameNode = part(installed.node, 1) === part(stored.versions.node, 1);
  const samePython = part(installed.python, 2) === part(stored.versions.python, 2);
  if (!sameNode) console.log(`comparison: the page is of Node.js ${stored.versions.node}; only the columns of twinpool are compared`);
  if (!samePython) console.log(`comparison: the page is of CPython ${stored.versions.python}; its columns are not compared`);
  const isCompared = (name) => (name.startsWith('Python') ? samePython : sameNode || name.startsWith('twinpool'));
  for (const [kind, what, name, expected] of cellsOf(stored)) {
    if (!isCompared(name)) continue;
    let found = results[kind][what]?.[name];
    // A busy machine may disturb a program: a result that differs must do so three times.
    for (let again = 0; again < 2 && found !== expected; again++) found = await once(kind, what, name);
    if (found !== expected) problems.push(`${what}, ${name}: the page says ${expected}, the program ${found}`);
  }
  for (const kind of ['faults', 'features'])
    for (const what of Object.keys(results[kind])) if (!(what in stored[kind])) problems.push(`the page has no row "${what}"`);
  for (const problem of problems) console.error(`  ${problem}`);
  console.log(
    problems.length === 0 ? 'comparison: all good' : `comparison: ${problems.length} problem(s); \`npm run comparison\` writes it anew`,
  );
  process.exitCode = problems.length === 0 ? 0 : 1;
}

/** All results: the kind, the row, the column, and the text. */
function cellsOf(all) {
  return ['faults', 'features'].flatMap((kind) =>
    Object.entries(all[kind]).flatMap(([what, row]) => Object.entries(row).map(([name, text]) => [kind, what, name, text])),
  );
}

async function once(kind, what, name) {
  const found = await tried(
    (each) => each === name || (kind === 'faults' && columnOf(each) === name),
    (each) => each === what,
  );
  return found[kind][what]?.[name];
}
