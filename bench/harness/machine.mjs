// Reads the machine, its load, and the versions with which a result is measured.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os';

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

/** The versions of Node, our packages, the installed peers, and Python if it is installed. */
export function versions() {
  const { dependencies, devDependencies } = manifest('.');
  const packages = Object.keys({ ...dependencies, ...devDependencies }).map((name) => [name, manifest(`node_modules/${name}`).version]);
  const found = { node: process.versions.node, ...Object.fromEntries(packages) };
  const python = spawnSync('python3', ['-c', 'import platform; print(platform.python_version())'], { encoding: 'utf8' });
  return python.status === 0 ? { ...found, python: python.stdout.trim() } : found;
}
