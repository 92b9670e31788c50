// Makes a fresh clone ready: installs with the pnpm named in package.json when a manifest changed, then builds.
// It imports no dependency, because none is installed yet. It does not know the command that runs afterwards.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);

const STAMP = 'node_modules/.setup-stamp';
const TSC = 'node_modules/typescript/bin/tsc';
const folders = ['.', 'bench', 'chaos', 'docs', 'examples', ...readdirSync('packages').map((name) => `packages/${name}`)];
const manifests = ['pnpm-workspace.yaml', 'pnpm-lock.yaml', ...folders.map((folder) => `${folder}/package.json`)].filter((file) =>
  existsSync(file),
);

function hashOfManifests() {
  const hash = createHash('sha256');
  for (const file of manifests) hash.update(`${file}\0`).update(readFileSync(file)).update('\0');
  return hash.digest('hex');
}

// npm puts its settings for this run into the environment, and pnpm would read them as its own: only what leads to the registry stays.
function environment() {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^npm_(package|lifecycle|config_(?!registry|userconfig|cafile|cache|.*proxy))/.test(name),
    ),
  );
}

function run(command, args, env = process.env) {
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'], env, shell: process.platform === 'win32' });
  if (error !== undefined) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

const wanted = hashOfManifests();
const have = existsSync(STAMP) && existsSync(TSC) ? readFileSync(STAMP, 'utf8') : '';
if (have !== wanted) {
  const { packageManager } = JSON.parse(readFileSync('package.json', 'utf8'));
  // --trust-lockfile: what the lockfile pins was judged when it was written; tarballs are still checked against their hashes.
  run('npx', ['-y', packageManager, 'install', '--frozen-lockfile', '--trust-lockfile'], environment());
  mkdirSync('node_modules', { recursive: true });
  writeFileSync(STAMP, wanted);
}
run(process.execPath, ['scripts/bundle.mjs']);
run(process.execPath, [TSC, '-b']);
