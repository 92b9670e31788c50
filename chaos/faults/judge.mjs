// Judges each fault of faults.mjs in each pool, one program per cell.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inParallel, resultOf } from '../harness/programs.mjs';
import { contenders } from './contenders.mjs';
import { faults, PRINTED } from './faults.mjs';

const path = (name) => fileURLToPath(new URL(name, import.meta.url));

/** Returns the verdicts: a fault, a pool, and `ok`, or what went wrong. `–`: the pool has no such kind of task. */
export async function judgeFaults(names, isWanted = () => true) {
  const folder = mkdtempSync(join(tmpdir(), 'twinpool-faults-'));
  const rows = faults.map((fault, row) => ({ ...fault, row })).filter(({ what }) => isWanted(what));
  const verdicts = Object.fromEntries(rows.map(({ what }) => [what, Object.fromEntries(names.map((name) => [name, '–']))]));
  const jobs = rows.flatMap((row) => names.filter((name) => applies(row, name)).map((name) => ({ name, ...row })));
  // Those that may hang begin first.
  jobs.sort((one, other) => Number(isOurs(one.name)) - Number(isOurs(other.name)));
  await inParallel(jobs, async ({ name, row, what, prints }) => {
    const { result, output } = await resultOf(...programOf(name, row, join(folder, `${row}.${name.replaceAll(/\W/g, '')}`)));
    const verdict = result?.verdict ?? 'the program died';
    verdicts[what][name] = prints && verdict === 'ok' && !output.includes(PRINTED) ? 'W the text is lost' : verdict;
  });
  rmSync(folder, { recursive: true, force: true });
  return verdicts;
}

function programOf(name, row, log) {
  const { python } = contenders[name];
  if (python === undefined) return [process.execPath, [path('fault.mjs'), name, String(row), log]];
  const { task, module, isFollowed, wait, argument } = faults[row];
  const needs = { module: module?.replace('.mjs', ''), isFollowed, wait, isFunction: argument !== undefined };
  return ['python3', [path('python.py'), python, task, JSON.stringify(needs), log]];
}

const isOurs = (name) => contenders[name].isOurs === true;

function applies({ only, limit, inPython }, name) {
  const { kind, hasLimit, python } = contenders[name];
  if (only !== undefined && only !== kind) return false;
  if (limit !== undefined && hasLimit === false) return false;
  return python === undefined || inPython !== false;
}
