// Surveys the installed dependency tree in five ways, checks that all give the same report, and compares how long each takes.
//
//   npm start -- [--max-files N] [--max-mb N] [--workers N] [--root FOLDER]
//
// --fixture surveys a small generated tree instead, the same everywhere.
// --cluster runs the ways of processes through two nodes; --connection URL names their engine (default: a redis-server of its own).
import { readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startCluster } from './cluster.mjs';
import { capped, listFiles } from './files.mjs';
import { makeFixture } from './fixture.mjs';
import { progressBar } from './progress.mjs';
import { difference, fold, rowsOf, size } from './report.mjs';
import { table } from './table.mjs';
import { ways } from './ways.mjs';

/** A minute or two on two cores, at about 8 MB a second and core. */
const DEFAULT_MAX_MB = 256;
const DEFAULT_MAX_FILES = 50_000;
const ROWS = 12;

const { values } = parseArgs({
  options: {
    'max-files': { type: 'string', default: String(DEFAULT_MAX_FILES) },
    'max-mb': { type: 'string', default: String(DEFAULT_MAX_MB) },
    workers: { type: 'string', default: String(availableParallelism()) },
    root: { type: 'string', default: fileURLToPath(new URL('../../node_modules', import.meta.url)) },
    fixture: { type: 'boolean', default: false },
    cluster: { type: 'boolean', default: false },
    connection: { type: 'string' },
  },
});
const [maxFiles, maxMb, workers] = [number('max-files'), number('max-mb'), number('workers')];

if (values.fixture) {
  const root = makeFixture();
  try {
    await main(root, 'the fixture');
  } finally {
    rmSync(root, { recursive: true });
  }
} else await main(values.root, relative(process.cwd(), values.root) || '.');

/** @param {'max-files' | 'max-mb' | 'workers'} option */
function number(option) {
  const value = Number(values[option]);
  if (!(value > 0)) throw new RangeError(`--${option}: expected a number above 0, got ${values[option]}`);
  return value;
}

/**
 * @param {string} root
 * @param {string} title
 */
async function main(root, title) {
  const all = listFiles(root);
  const files = capped(all, { maxFiles, maxBytes: maxMb * 1e6 });
  if (files.length === 0) throw new Error(`no source file within the limits in ${root}`);
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const cap =
    files.length === all.length ? 'all of them' : `the first of ${all.length}, capped by --max-files ${maxFiles} and --max-mb ${maxMb}`;
  console.log(`Surveying ${title}: ${files.length} files, ${size(bytes)} (${cap}), with ${workers} workers.\n`);

  // The longest first, so that none is begun when everything else is done. Read once before, so that no way meets a cold disk.
  const paths = files.toSorted((a, b) => b.bytes - a.bytes).map(({ path }) => path);
  for (const path of paths) readFileSync(path);

  const runs = [];
  const cluster = values.cluster ? await startCluster(values.connection) : undefined;
  const where = cluster === undefined ? workers : { runtime: cluster.runtime };
  try {
    for (const [name, way] of Object.entries(ways)) {
      // The ways of threads are not those of a cluster.
      if (cluster === undefined || !name.startsWith('Thread')) runs.push(await measure(name, way, paths, where));
    }
  } finally {
    await cluster?.end();
  }

  const [serial] = runs;
  if (serial === undefined) throw new Error('nothing was run');
  console.log(table(rowsOf(serial.report.packages, ROWS)));
  const wrong = runs.filter(({ report }) => difference(serial.report, report) !== undefined);
  for (const { name, report } of wrong) console.error(`${name}: its report is another one: ${difference(serial.report, report)}`);
  if (wrong.length > 0) process.exitCode = 1;
  else console.log(`\nAll ${runs.length} reports are identical; sha-256 over all files: ${serial.report.sha256.slice(0, 16)}…`);

  console.log(`\n${table(rowsOfRuns(runs, serial.seconds))}`);
}

/**
 * Runs one way from the start of its workers to their end.
 *
 * @param {string} name
 * @param {import('./ways.mjs').Way} way
 * @param {string[]} paths
 * @param {import('./ways.mjs').Where} where
 */
async function measure(name, way, paths, where) {
  const bar = progressBar(name, paths.length);
  const from = performance.now();
  const records = await way(paths, where, bar.update);
  const seconds = (performance.now() - from) / 1000;
  bar.end();
  // A thread has the pid of the program, so its thread id distinguishes the workers.
  const who = new Set(records.map(({ pid, threadId }) => (threadId === 0 ? `pid ${pid}` : `thread ${threadId}`)));
  return { name, seconds, report: fold(records), who };
}

/**
 * @param {Awaited<ReturnType<typeof measure>>[]} runs
 * @param {number} base
 */
function rowsOfRuns(runs, base) {
  const rows = runs.map(({ name, seconds, who }) => [
    name,
    String(who.size),
    `${seconds.toFixed(2)} s`,
    `${(base / seconds).toFixed(2)}x`,
    [...who].sort().join(', '),
  ]);
  return [['API', 'workers', 'wall time', 'speed-up', 'took part'], ...rows];
}
