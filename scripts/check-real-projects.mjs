// Migrates copies of real projects with `twinpool migrate`, runs their own tests before and after, and prints one table row for each project.
//
//   DIR -> copy -> tests (before) -> migrate --write -> patch of the finished places, if there is one -> tests (after) -> row
//
// DIR is a checkout whose dependencies are installed. The script never writes into it. The copy gets this workspace's packages as packed
// tarballs, installed with npm in a folder of their own, and linked into the copy's node_modules.
//
// Invariants: both test runs see the same copy; files of node_modules are hard links, and everything else is copied.
// Exit code: 0 every project's tests end as before, 1 a project's do not, 2 the script was misused.
// Requires a build. Usage: see HELP.
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { parseArgs, stripVTControlCharacters } from 'node:util';
import { packages, root, run } from './workspace.mjs';

const HELP = `Usage: node scripts/check-real-projects.mjs [OPTION]... DIR...

Migrates a copy of each project in DIR, runs its tests before and after, and prints a table.
DIR is a checkout with a package.json and with installed dependencies. The script does not change it.

These options hold for each DIR that follows them:
  --test COMMAND        the test command, run by a shell in the project (default: npm test)
  --files "PATH..."     what the command migrates, separated by spaces (default: . )
  --finish FILE         a patch that finishes the marked places by hand; applied to the command's output with git apply
  --limit SECONDS       the longest time of one test run (default: 1200)

These options hold for the whole run:
  --to executor|pool    the API to migrate to (default: executor)
  --keep                keep the copies and the logs of the test runs, and print where they are
  --help                print this text

Exit code: 0 the tests of every project end as before, 1 those of a project do not, 2 the script was misused.
`;

const OPTIONS = {
  test: { type: 'string', multiple: true },
  files: { type: 'string', multiple: true },
  finish: { type: 'string', multiple: true },
  limit: { type: 'string', multiple: true },
  to: { type: 'string', default: 'executor' },
  keep: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
};

const MIGRATE = `${root}packages/migrate/dist/bin.js`;
const INSTALL_LIMIT = 600_000;
const MIGRATE_LIMIT = 600_000;
/** A line of the command's summary: path, line, column, reason. */
const LEFTOVER = /^\S+:\d+:\d+: /gm;
const CHANGED = /^(\d+) of \d+ files? changed/m;
/** The counts that test runners print: mocha, AVA, Jest and Vitest, node:test. */
const COUNTS = [
  [/^\s*(\d+) passing\b/m, /^\s*(\d+) failing\b/m],
  [/^\s*(\d+) tests? passed\b/m, /^\s*(\d+) tests? failed\b/m],
  [/^\s*Tests:?\s.*?(\d+) passed\b/m, /^\s*Tests:?\s.*?(\d+) failed\b/m],
  [/^(?:#|ℹ) pass (\d+)$/m, /^(?:#|ℹ) fail (\d+)$/m],
];

class UsageError extends Error {}

/** Reads the arguments. Returns undefined if the help text was asked for. */
function read(args) {
  const { values, tokens } = parse(args);
  if (values.help) return undefined;
  if (values.to !== 'executor' && values.to !== 'pool') throw new UsageError(`--to ${values.to}: expected executor or pool`);
  const projects = [];
  const options = { test: 'npm test', files: '.', finish: undefined, limit: '1200' };
  for (const token of tokens) {
    if (token.kind === 'positional') projects.push(projectOf(token.value, options));
    else if (token.kind === 'option' && token.name in options) options[token.name] = token.value;
  }
  if (projects.length === 0) throw new UsageError('name the folder of a project: a checkout whose dependencies are installed');
  if (!existsSync(MIGRATE)) throw new UsageError('the packages are not built: run npm run build first');
  return { projects, to: values.to, isKept: values.keep };
}

function parse(args) {
  try {
    return parseArgs({ args, options: OPTIONS, allowPositionals: true, tokens: true });
  } catch (error) {
    throw new UsageError(error.message);
  }
}

function projectOf(folder, { test, files, finish, limit }) {
  const path = resolve(folder);
  if (!existsSync(path) || !statSync(path).isDirectory())
    throw new UsageError(`${folder}: expected the folder of a project, found no folder`);
  if (!existsSync(`${path}/package.json`)) throw new UsageError(`${folder}: has no package.json`);
  if (!existsSync(`${path}/node_modules`)) throw new UsageError(`${folder}: has no node_modules: install its dependencies first`);
  const seconds = Number(limit);
  if (!(seconds > 0)) throw new UsageError(`--limit ${limit}: expected a number of seconds above 0`);
  if (finish !== undefined && !existsSync(finish)) throw new UsageError(`--finish ${finish}: found no such file`);
  return { path, test, files: files.split(' ').filter(Boolean), finish: finish && resolve(finish), limit: seconds * 1000 };
}

/** Packs the published packages that programs import, and installs the tarballs in `folder`. Returns the folder of the installed packages. */
async function installPackages(folder) {
  const published = packages.filter(({ folder: name, manifest }) => !manifest.private && name !== 'migrate');
  const { packageManager } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
  const filters = published.flatMap(({ manifest }) => ['--filter', manifest.name]);
  await expectSuccess(
    'pack',
    run('npx', ['-y', packageManager, '-r', ...filters, 'pack', '--pack-destination', folder], { limit: INSTALL_LIMIT }),
  );
  const tarballs = Object.fromEntries(
    published.map(({ manifest: { name, version } }) => [name, `file:${folder}/${name.replace('@', '').replace('/', '-')}-${version}.tgz`]),
  );
  const manifest = { name: 'packed', private: true, dependencies: tarballs, overrides: tarballs };
  writeFileSync(`${folder}/package.json`, JSON.stringify(manifest));
  const flags = ['--no-audit', '--no-fund', '--ignore-scripts'];
  await expectSuccess('npm install', run('npm', ['install', ...flags], { cwd: folder, limit: INSTALL_LIMIT }));
  return `${folder}/node_modules`;
}

async function expectSuccess(name, running) {
  const { code, stdout, stderr } = await running;
  if (code !== 0) throw new Error(`${name} ended with code ${code}:\n${stdout}${stderr}`);
  return stdout;
}

/** Copies a folder without `.git`. Below `node_modules` it links files instead of copying them, and leaves caches out. */
function copy(from, to, isInstalled = false) {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    if (entry.name === '.git' || (isInstalled && entry.name === '.cache')) continue;
    const source = join(from, entry.name);
    const target = join(to, entry.name);
    if (entry.isSymbolicLink()) symlinkSync(readlinkSync(source), target);
    else if (entry.isDirectory()) copy(source, target, isInstalled || entry.name === 'node_modules');
    else if (entry.isFile()) (isInstalled ? linkOrCopy : copyFileSync)(source, target);
  }
}

function linkOrCopy(source, target) {
  try {
    linkSync(source, target);
  } catch (error) {
    if (error.code !== 'EXDEV' && error.code !== 'EPERM') throw error;
    copyFileSync(source, target);
  }
}

function linkPackages(installed, modules) {
  for (const name of ['twinpool', '@twinpool']) {
    rmSync(`${modules}/${name}`, { recursive: true, force: true });
    symlinkSync(`${installed}/${name}`, `${modules}/${name}`);
  }
}

/** Runs the tests. Returns their exit code and, if the runner is a known one, how many passed and failed. */
async function testsOf({ test, limit }, folder, log) {
  const env = { ...process.env, CI: 'true', NO_COLOR: '1', FORCE_COLOR: '0' };
  const { code, stdout, stderr } = await run('sh', ['-c', test], { cwd: folder, limit, env });
  const text = stripVTControlCharacters(`${stdout}\n${stderr}`);
  writeFileSync(log, text);
  const [passing, failing] = COUNTS.find((patterns) => patterns.some((pattern) => pattern.test(text))) ?? [];
  if (passing === undefined) return { code, counts: `exit ${code}` };
  return { code, counts: `${passing.exec(text)?.[1] ?? 0} pass, ${failing.exec(text)?.[1] ?? 0} fail` };
}

function nameOf(path) {
  const { name = basename(path), version } = JSON.parse(readFileSync(`${path}/package.json`, 'utf8'));
  const git = spawnSync('git', ['-C', path, 'log', '-1', '--format=%h'], { encoding: 'utf8' });
  const commit = git.status === 0 && existsSync(`${path}/.git`) ? `commit ${git.stdout.trim()}` : undefined;
  return [version === undefined ? name : `${name} ${version}`, commit].filter(Boolean).join(', ');
}

/** Migrates one project. Returns its row. */
async function check(project, to, installed, folder) {
  mkdirSync(folder);
  const target = `${folder}/project`;
  copy(project.path, target);
  const before = await testsOf(project, target, `${folder}/before.log`);
  linkPackages(installed, `${target}/node_modules`);
  const migration = await run('node', [MIGRATE, '--to', to, '--write', ...project.files], { cwd: target, limit: MIGRATE_LIMIT });
  writeFileSync(`${folder}/migrate.log`, `${migration.stdout}${migration.stderr}`);
  if (migration.code !== 0 && migration.code !== 1)
    throw new Error(`${project.path}: twinpool migrate ended with code ${migration.code}:\n${migration.stderr}`);
  if (project.finish !== undefined)
    await expectSuccess(`git apply ${project.finish}`, run('git', ['apply', project.finish], { cwd: target }));
  const after = await testsOf(project, target, `${folder}/after.log`);
  return {
    name: nameOf(project.path),
    test: project.test,
    before,
    after,
    changed: CHANGED.exec(migration.stdout)?.[1] ?? '0',
    marks: migration.stdout.match(LEFTOVER)?.length ?? 0,
    byHand: project.finish === undefined ? '0' : linesOf(readFileSync(project.finish, 'utf8')),
    isSame: before.code === after.code && before.counts === after.counts,
  };
}

/** The lines that a patch adds and removes. */
function linesOf(patch) {
  const lines = patch.split('\n');
  return `+${lines.filter((line) => /^\+(?!\+\+ )/.test(line)).length} / -${lines.filter((line) => /^-(?!-- )/.test(line)).length}`;
}

function rowOf({ name, test, before, after, changed, marks, byHand }) {
  return `| ${[name, `\`${test.replaceAll('|', '\\|')}\``, before.counts, after.counts, changed, marks, byHand].join(' | ')} |`;
}

async function main() {
  let options;
  try {
    options = read(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`check-real-projects: ${error.message}\n\n${HELP}`);
    return 2;
  }
  if (options === undefined) {
    process.stdout.write(HELP);
    return 0;
  }
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'twinpool-projects-'));
  try {
    mkdirSync(`${folder}/packed`);
    const installed = await installPackages(`${folder}/packed`);
    const rows = [];
    console.log('| project | test command | before | after | changed files | marked places | lines by hand |');
    console.log('| --- | --- | --- | --- | --- | --- | --- |');
    for (const [index, project] of options.projects.entries()) {
      rows.push(await check(project, options.to, installed, `${folder}/${index + 1}`));
      console.log(rowOf(rows.at(-1)));
    }
    for (const { name } of rows.filter(({ isSame }) => !isSame)) console.error(`${name}: the tests do not end as before`);
    return rows.every(({ isSame }) => isSame) ? 0 : 1;
  } finally {
    if (options.isKept) console.log(`\ncopies and logs: ${folder}`);
    else rmSync(folder, { recursive: true, force: true });
  }
}

process.exitCode = await main();
