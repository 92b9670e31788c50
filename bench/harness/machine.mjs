// Reads the machine, its load, and the versions with which a result is measured.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os';
import { givenVersions } from '../peers/given.mjs';

export function machine() {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release().split('.').slice(0, 2).join('.')}`,
  };
}

/** The load average of the last minute, with our own processes. If it is far above the number of cores, figures mean little. */
export const load = () => Math.round((loadavg()[0] ?? 0) * 10) / 10;

const bench = new URL('../', import.meta.url);
const manifest = (folder) => JSON.parse(readFileSync(new URL(`${folder}/package.json`, bench), 'utf8'));

/** Returns the Node of a path: `{ path, version: '24.21.0', variant: 'node24' }`. Without a variant if it has the version of this program. */
export function nodeAt(path) {
  const { status, stdout, error } = spawnSync(path, ['-p', 'process.versions.node'], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`--node: expected the path of a Node, got ${path} (${error?.code ?? `it ended with ${status}`})`);
  const version = stdout.trim();
  return { path, version, variant: version === process.versions.node ? undefined : `node${version.split('.')[0]}` };
}

/** The versions of Node (of the contenders), our packages, the installed peers, those whose folder is given, and Python if it is installed. */
export function versions(node = process.versions.node) {
  const { dependencies, devDependencies } = manifest('.');
  const packages = Object.keys({ ...dependencies, ...devDependencies }).map((name) => [name, manifest(`node_modules/${name}`).version]);
  const found = { node, ...Object.fromEntries(packages), ...givenVersions() };
  const python = spawnSync('python3', ['-c', 'import platform; print(platform.python_version())'], { encoding: 'utf8' });
  return python.status === 0 ? { ...found, python: python.stdout.trim() } : found;
}
