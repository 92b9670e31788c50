// Tries each feature of features.mjs in each pool, one program per cell.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inParallel, resultOf } from '../harness/programs.mjs';
import { columns, features } from './features.mjs';

const path = (name) => fileURLToPath(new URL(name, import.meta.url));

/** The pools of CPython, and what python.py tries. */
const PYTHON = { 'Python Pool': 'pool', 'Python futures': 'futures' };
const OF_POOL = ['inline', 'imported', 'map', 'lazy', 'setup', 'recycle', 'ends'];
const OF_FUTURES = [...OF_POOL, 'cancelWaiting'];

/** Returns what was found: a feature, a pool, and `yes`, or what happens instead. `–`: the pool has nothing for it. */
export async function tryFeatures(names = columns, isWanted = () => true) {
  const folder = mkdtempSync(join(tmpdir(), 'twinpool-features-'));
  const rows = features.filter(({ what }) => isWanted(what));
  const found = Object.fromEntries(rows.map(({ what }) => [what, Object.fromEntries(names.map((name) => [name, '–']))]));
  const keys = Object.fromEntries(await Promise.all(names.map(async (name) => [name, await keysOf(name)])));
  const jobs = rows.flatMap((row) => names.filter((name) => keys[name].includes(row.key)).map((name) => ({ name, ...row })));
  await inParallel(jobs, async ({ name, key, what, judge, endsWithin }) => {
    const log = join(folder, `${key}.${name.replaceAll(/\W/g, '')}`);
    const python = PYTHON[name];
    const [command, args] =
      python === undefined ? [process.execPath, [path('feature.mjs'), name, key, log]] : ['python3', [path('python.py'), python, key, log]];
    const { result, endedAlone } = await resultOf(command, args, { endsWithin });
    found[what][name] = textOf(result, judge, endsWithin === undefined || endedAlone);
  });
  rmSync(folder, { recursive: true, force: true });
  return found;
}

async function keysOf(name) {
  if (name === 'Python Pool') return OF_POOL;
  if (name === 'Python futures') return OF_FUTURES;
  return Object.keys((await import(`./${name}.mjs`)).probes);
}

function textOf(result, judge, hasEnded) {
  if (result === undefined) return 'the program died';
  if (result.error !== undefined) return `fails: \`${result.error}\``;
  const text = judge(result.value);
  return text === 'yes' && !hasEnded ? 'it does not end' : text;
}
