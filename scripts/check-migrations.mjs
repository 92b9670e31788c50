// Rewrites every program of packages/migrate/fixtures/ with `twinpool migrate`, and runs it before and after.
//
//   pool/<name>                          run -> to an executor, type-check, run -> back to a pool, type-check, run
//   executor/<name>                      the same in the other direction
//   <other library>/<name>               run -> to a pool, and to an executor; type-check and run each
//   partly/<source>-<name>               one direction; leftovers.txt lists the places that are left
//   both/<name>                          a pool in one module, an executor in another; each half is rewritten alone
//
// Invariants: every run prints expected.txt and nothing on standard error; a second rewrite changes nothing; the command lists exactly the
// places of leftovers.txt, one `<file>: <text>` per line (without that file, none).
//
// One run of tsc compiles all TypeScript programs. Everything happens in a temporary folder.
// Usage: node scripts/check-migrations.mjs [--keep] [group/name or a part of it...] ; requires a build.
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname } from 'node:path';
import { coverage } from './migration-coverage.mjs';
import { conclude, filesOf, root, run } from './workspace.mjs';

const FIXTURES = `${root}packages/migrate/fixtures`;
const FOREIGN = ['piscina', 'workerpool', 'tinypool', 'jest-worker'];
const GROUPS = ['pool', 'executor', ...FOREIGN, 'partly', 'both'];
const RUN_LIMIT = 45_000;
const REWRITE_LIMIT = 300_000;
const AT_ONCE = 2;
/** A line of the command's summary: path, line, column, reason. */
const LEFTOVER = /^\S+:\d+:\d+: /;
/** The packages that programs import. */
const INSTALLED = {
  twinpool: 'packages/twinpool',
  '@twinpool/core': 'packages/core',
  '@twinpool/pool': 'packages/pool',
  '@twinpool/executor': 'packages/executor',
  '@twinpool/adapters': 'packages/adapters',
  '@types/node': 'node_modules/@types/node',
  piscina: 'bench/node_modules/piscina',
  workerpool: 'bench/node_modules/workerpool',
  tinypool: 'bench/node_modules/tinypool',
  'jest-worker': 'bench/node_modules/jest-worker',
  zod: 'examples/node_modules/zod',
};
/** The options of a careful user. */
const TSCONFIG = {
  compilerOptions: {
    target: 'ES2022',
    lib: ['ES2023', 'ESNext.Disposable'],
    module: 'NodeNext',
    types: ['node'],
    typeRoots: ['./node_modules/@types'],
    jsx: 'react',
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    noImplicitOverride: true,
    noUnusedLocals: true,
    noUnusedParameters: true,
    verbatimModuleSyntax: true,
    isolatedModules: true,
    rewriteRelativeImportExtensions: true,
    skipLibCheck: true,
  },
};

const keep = process.argv.includes('--keep');
const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const sourceOf = (group, name) =>
  group === 'partly' ? ([...FOREIGN, 'pool', 'executor'].find((source) => name.startsWith(`${source}-`)) ?? name) : group;

/** Every program with its rewritten versions: the source of each version, and its API. */
const programs = GROUPS.flatMap((group) =>
  foldersIn(`${FIXTURES}/${group}`).map((name) => {
    const folder = `${FIXTURES}/${group}/${name}`;
    const files = filesOf(folder).filter((file) => /\.([cm]?[jt]s|tsx)$/.test(file));
    const leftovers = readLines(`${folder}/leftovers.txt`);
    const source = sourceOf(group, name);
    const other = source === 'pool' ? 'executor' : 'pool';
    const versions = [];
    if (source === 'both') {
      for (const to of ['executor', 'pool']) {
        const pattern = to === 'executor' ? /\bPool\b/ : /\bProcessPoolExecutor\b/;
        versions.push({
          tree: `1-${to}`,
          of: 'original',
          to,
          files: files.filter((file) => pattern.test(readFileSync(`${folder}/${file}`, 'utf8'))),
        });
      }
    } else if (FOREIGN.includes(source)) {
      for (const to of ['executor', 'pool']) versions.push({ tree: `1-${to}`, of: 'original', to, files, from: source });
    } else {
      versions.push({ tree: `1-${other}`, of: 'original', to: other, files });
      if (group !== 'partly') versions.push({ tree: `2-${source}`, of: `1-${other}`, to: source, files });
    }
    return { id: `${group}/${name}`, group, folder, files, leftovers, versions, expected: readLines(`${folder}/expected.txt`) };
  }),
).filter(({ id }) => wanted.length === 0 || wanted.some((part) => id.includes(part)));

const work = mkdtempSync(`${realpathSync(tmpdir())}/twinpool-migrations-`);
const problems = [];
const took = [];

process.on('exit', () => {
  if (!keep) rmSync(work, { recursive: true, force: true });
});
await timed('copies', prepare);
await timed('forward', () => Promise.all(['1-executor', '1-pool'].map(rewrite)));
await timed('back', () => Promise.all(['2-pool', '2-executor'].map(rewrite)));
await timed('types', compile);
const runs = await timed('runs', runAll);
if (wanted.length === 0) problems.push(...(await coverage(programs, { write: process.argv.includes('--write') })));

if (keep) console.log(`kept: ${work}`);
console.log(took.join(', '));
const counts = GROUPS.map((group) => `${programs.filter((program) => program.group === group).length} ${group}`).join(', ');
if (programs.length === 0) problems.push('found no program');
conclude('migrations', problems, `${counts}; ${runs} runs`);

function prepare() {
  writeFileSync(`${work}/package.json`, '{ "type": "module", "private": true }\n');
  writeFileSync(`${work}/tsconfig.json`, JSON.stringify(TSCONFIG, null, 2));
  for (const [name, path] of Object.entries(INSTALLED)) {
    mkdirSync(dirname(`${work}/node_modules/${name}`), { recursive: true });
    symlinkSync(realpathSync(`${root}${path}`), `${work}/node_modules/${name}`);
  }
  for (const { id, folder, expected } of programs) {
    cpSync(folder, `${work}/original/${id}`, { recursive: true });
    if (expected === undefined) problems.push(`${id}: has no expected.txt`);
  }
}

/** Makes a tree of versions: copies each source and rewrites it twice. */
async function rewrite(tree) {
  const here = programs.flatMap((program) =>
    program.versions
      .filter((version) => version.tree === tree)
      .map(({ of, to, from, files }) => {
        const cwd = `${work}/${tree}/${program.id}`;
        cpSync(`${work}/${of}/${program.id}`, cwd, { recursive: true });
        return { program, call: { cwd, args: ['--to', to, ...(from === undefined ? [] : ['--from', from]), '--write', ...files], files } };
      }),
  );
  const input = JSON.stringify(here.map(({ call }) => call));
  const { code, stdout, stderr } = await run(process.execPath, [`${root}scripts/migration-calls.mjs`], { input, limit: REWRITE_LIMIT });
  if (code !== 0) problems.push(`${tree}: exited with ${code}\n${indented(stderr)}`);
  const results = code === 0 ? JSON.parse(stdout) : [];
  for (const [i, result] of results.entries()) checkRewrite(`${tree}/${here[i].program.id}`, here[i].program, result);
}

/** Compares the summary of the command with leftovers.txt, and checks its exit code and that a second run changed nothing. */
function checkRewrite(name, { leftovers = [] }, { code, output, unstable }) {
  const left = linesOf(output).filter((line) => LEFTOVER.test(line));
  const fits = (line, expected) => {
    const at = expected.indexOf(':');
    return line.startsWith(expected.slice(0, at + 1)) && line.includes(expected.slice(at + 1).trim());
  };
  for (const line of left)
    if (!leftovers.some((each) => fits(line, each))) problems.push(`${name}: left, but not in leftovers.txt: ${line}`);
  for (const each of leftovers)
    if (!left.some((line) => fits(line, each))) problems.push(`${name}: not left, but in leftovers.txt: ${each}`);
  if (code !== (left.length > 0 ? 1 : 0)) problems.push(`${name}: the command exited with ${code}\n${indented(output)}`);
  for (const file of unstable) problems.push(`${name}/${file}: a second run changes it`);
}

/** Type-checks all rewritten programs in one run, and emits their JavaScript. */
async function compile() {
  const { code, stdout, stderr } = await run(
    process.execPath,
    [`${root}node_modules/typescript/bin/tsc`, '-p', work, '--pretty', 'false'],
    { cwd: work },
  );
  if (code !== 0) problems.push(...`${stdout}${stderr}`.trim().split('\n'));
}

/** Runs every version, except those that equal the original. */
async function runAll() {
  const queue = programs.flatMap((program) => [{ program, tree: 'original' }, ...program.versions.map(({ tree }) => ({ program, tree }))]);
  const todo = queue.filter(({ program, tree }) => tree === 'original' || !isSame(program, tree));
  const slow = [];
  const next = async () => {
    for (let each = todo.shift(); each !== undefined; each = todo.shift()) slow.push(await runOne(each));
  };
  const count = todo.length;
  await Promise.all(Array.from({ length: AT_ONCE }, next));
  const slowest = slow.sort((a, b) => b.ms - a.ms).slice(0, 5);
  console.log(`slowest: ${slowest.map(({ name, ms }) => `${name} ${(ms / 1000).toFixed(1)} s`).join(', ')}`);
  return count;
}

function isSame({ id, files }, tree) {
  return files.every(
    (file) => readFileSync(`${work}/${tree}/${id}/${file}`, 'utf8') === readFileSync(`${work}/original/${id}/${file}`, 'utf8'),
  );
}

async function runOne({ program: { id, files, expected }, tree }) {
  const main = files.find((file) => /^main\./.test(file))?.replace(/\.([cm]?)tsx?$/, '.$1js');
  const from = performance.now();
  const { code, stdout, stderr } = await run(process.execPath, [main], { cwd: `${work}/${tree}/${id}`, limit: RUN_LIMIT });
  const name = `${tree}/${id}`;
  const printed = linesOf(stdout);
  const at = (expected ?? []).findIndex((line, i) => line !== printed[i]);
  const different = at >= 0 ? at : printed.length > (expected ?? []).length ? (expected ?? []).length : -1;
  const complaint = stderr.trim() === '' ? '' : `\n${indented(stderr)}`;
  if (different >= 0)
    problems.push(
      `${name}: line ${different + 1}\n    expected: ${expected?.[different] ?? '(no more)'}\n    printed:  ${printed[different] ?? '(no more)'}${complaint}`,
    );
  else if (code !== 0 || complaint !== '') problems.push(`${name}: exited with ${code}${complaint}`);
  return { name, ms: performance.now() - from };
}

async function timed(label, work) {
  const from = performance.now();
  const result = await work();
  took.push(`${label} ${((performance.now() - from) / 1000).toFixed(1)} s`);
  return result;
}

function foldersIn(folder) {
  return existsSync(folder)
    ? readdirSync(folder, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => name)
    : [];
}

function readLines(path) {
  return existsSync(path) ? linesOf(readFileSync(path, 'utf8')) : undefined;
}

function linesOf(text) {
  const trimmed = text.replaceAll('\r\n', '\n').trimEnd();
  return trimmed === '' ? [] : trimmed.split('\n').map((line) => line.trimEnd());
}

function indented(text) {
  return text
    .trim()
    .split('\n')
    .slice(0, 12)
    .map((line) => `    ${line}`)
    .join('\n');
}
