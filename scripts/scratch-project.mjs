// Makes projects outside of this repository that have the packed packages installed, as users have them. Requires a build of the packages.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { packages, root, run } from './workspace.mjs';

/** Packs every published package into `folder/tarballs`, installs them with `dependencies`, and writes `files`. */
export async function makeProject(folder, { dependencies = {}, files = {}, manifest = {} }) {
  const tarballs = join(folder, 'tarballs');
  mkdirSync(tarballs, { recursive: true });
  const published = packages.filter(({ manifest }) => !manifest.private);
  const { packageManager } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
  const filters = published.map(({ manifest }) => `--filter=${manifest.name}`);
  await must('pack', run('npx', ['-y', packageManager, '-r', ...filters, 'pack', '--pack-destination', tarballs]));
  const ours = Object.fromEntries(readdirSync(tarballs).map((file) => [nameOf(file), `file:tarballs/${file}`]));
  const own = { name: 'scratch', private: true, type: 'module', ...manifest, dependencies: { ...ours, ...dependencies }, overrides: ours };
  writeFiles(folder, { 'package.json': JSON.stringify(own), ...files });
  await must('install', run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts'], { cwd: folder, limit: 500_000 }));
}

export function writeFiles(folder, files) {
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
}

/** The standard output of a command; throws unless it ends with 0. */
export async function must(what, running) {
  const { code, stdout, stderr } = await running;
  if (code !== 0) throw new Error(`${what} ended with ${code}:\n${stdout}${stderr}`);
  return stdout;
}

/** `@twinpool/core` for `twinpool-core-0.1.0.tgz`. */
function nameOf(tarball) {
  return tarball.replace(/-\d+\.\d+\.\d+.*$/, '').replace(/^twinpool-/, '@twinpool/');
}
