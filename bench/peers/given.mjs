// Names the peers that npm does not have. Each takes part where the folder with its sources is given: `--knitting DIR`, `--nestworker DIR`.
// The folder is in the environment, because the process of each contender loads the questions anew.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const VARIABLES = { knitting: 'BENCH_KNITTING', nestworker: 'BENCH_NESTWORKER' };
export const givenNames = Object.keys(VARIABLES);

export const folderOf = (name) => process.env[VARIABLES[name]];

/** Is called before the questions are loaded. */
export function giveFolder(name, folder) {
  process.env[VARIABLES[name]] = folder;
}

/** Returns the entries of `all` that are not one of these peers, or whose folder is given. */
export function whereGiven(all) {
  return Object.fromEntries(Object.entries(all).filter(([name]) => !givenNames.includes(name) || folderOf(name) !== undefined));
}

/** Returns the version of each given peer with the commit of its folder: `{ knitting: '0.1.61 (f0570ae)' }`. */
export function givenVersions() {
  return Object.fromEntries(givenNames.filter((name) => folderOf(name) !== undefined).map((name) => [name, versionOf(folderOf(name))]));
}

function versionOf(folder) {
  const { version } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
  const { status, stdout } = spawnSync('git', ['-C', folder, 'rev-parse', '--short=7', 'HEAD'], { encoding: 'utf8' });
  return status === 0 ? `${version} (${stdout.trim()})` : version;
}
