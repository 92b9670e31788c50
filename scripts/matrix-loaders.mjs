// Runs every form of task under every loader of TypeScript and every test runner, with both module formats, on one or several versions of Node.
// Each loader has a scratch project of its own, into which the packed packages are installed: no other loader can help out.
// Usage: node scripts/matrix-loaders.mjs [--short | --all] [--node PATH]... [--only NAME]... [--dir FOLDER] [--write]
//   --short        what CI runs: ts-node and Jest in CommonJS, and tsx, on the Node that runs this script
//   --all          on Node.js 20, 22, 24 and 26, which are installed from npm
//   --node PATH    a Node binary; default: the one that runs this script. May be given several times
//   --only NAME    only the loaders whose name contains NAME. May be given several times
//   --dir FOLDER   keeps the scratch projects there, with the cells that were right: a later run with the same packages does not repeat them
//   --write        writes the tables into docs/loaders.md and docs/jest-and-vitest.md. Wants four versions of Node and all loaders
// `import` and `require` of every entry of twinpool are compared, too: a program has one instance. A cell is right when every form gives its result in both kinds of workers, or when it fails as REASONS says. Wants the packages built.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { expectedOf, filesOf } from './matrix-loaders/programs.mjs';
import { conclude, packages, root, run } from './workspace.mjs';

const PAGES = {
  'docs/loaders.md': ({ loader }) => loader.runner === undefined,
  'docs/jest-and-vitest.md': ({ loader }) => loader.runner !== undefined,
};
const MAJORS = { 20: '20.20.2', 22: '22.23.3', 24: '24.21.0', 26: '26.10.0' };
const SHORT = ['`ts-node`, with type check', '`tsx`', 'Jest 30'];
const LIMIT = 180_000;
const { values: options } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    all: { type: 'boolean', default: false },
    node: { type: 'string', multiple: true },
    only: { type: 'string', multiple: true, default: [''] },
    dir: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});

const TS = 'typescript@5.9.3';
const TYPES = '@types/node@20';
const ANY = ['commonjs', 'untyped', 'esm'];
/** The extension of relative imports that a loader takes: none in CommonJS, that of the output in ES modules. */
const usual = (format) => (format === 'esm' ? '.js' : '');
/** What the flag --loader did before Node.js 20.6. */
const ESM_OF_TS_NODE = `data:text/javascript,${encodeURIComponent(
  "import { register } from 'node:module'; import { pathToFileURL } from 'node:url'; register('ts-node/esm/transpile-only', pathToFileURL('./'));",
)}`;
const bin = (folder, path) => join(folder, 'node_modules', path);

/**
 * A loader or a runner: what is installed for it, the formats it is used with, and its arguments after `node`. `folder` is the project, whose
 * subfolder with the program is the working directory.
 */
const LOADERS = [
  {
    name: 'native type stripping',
    install: [],
    formats: ['commonjs', 'esm'],
    strips: true,
    extension: () => '.ts',
    args: () => ['main.ts'],
  },
  { name: '`node --import tsx`', install: ['tsx@4'], formats: ANY, args: () => ['--import', 'tsx', 'main.ts'] },
  { name: '`tsx`', install: ['tsx@4'], formats: ANY, args: (folder) => [bin(folder, 'tsx/dist/cli.mjs'), 'main.ts'] },
  {
    name: '`node -r ts-node/register`',
    install: ['ts-node@10', TS, TYPES],
    formats: ['commonjs', 'untyped'],
    args: () => ['-r', 'ts-node/register/transpile-only', 'main.ts'],
  },
  {
    name: '`ts-node`',
    install: ['ts-node@10', TS, TYPES],
    formats: ['commonjs', 'untyped'],
    args: (folder) => [bin(folder, 'ts-node/dist/bin.js'), '-T', 'main.ts'],
  },
  {
    name: '`ts-node`, with type check',
    install: ['ts-node@10', TS, TYPES],
    formats: ['commonjs'],
    args: (folder) => [bin(folder, 'ts-node/dist/bin.js'), 'main.ts'],
  },
  {
    name: '`ts-node/esm`',
    install: ['ts-node@10', TS, TYPES],
    formats: ['esm'],
    args: () => ['--import', ESM_OF_TS_NODE, 'main.ts'],
  },
  {
    name: '`@swc-node/register`',
    install: ['@swc-node/register@1', '@swc/core@1', TS, TYPES],
    formats: ['commonjs', 'untyped'],
    args: () => ['-r', '@swc-node/register', 'main.ts'],
  },
  {
    name: '`@swc-node/register/esm-register`',
    install: ['@swc-node/register@1', '@swc/core@1', TS, TYPES],
    formats: ['esm'],
    args: () => ['--import', '@swc-node/register/esm-register', 'main.ts'],
  },
  {
    name: '`esbuild-register`',
    install: ['esbuild-register@3', 'esbuild@0.28'],
    formats: ['commonjs', 'untyped'],
    args: () => ['-r', 'esbuild-register', 'main.ts'],
  },
  {
    name: 'node:test',
    install: ['tsx@4'],
    formats: ['commonjs', 'esm'],
    runner: 'node:test',
    args: () => ['--import', 'tsx', '--test', 'cell.test.ts'],
  },
  {
    name: 'mocha with ts-node',
    install: ['mocha@11', 'ts-node@10', TS, TYPES],
    formats: ['commonjs'],
    runner: 'mocha',
    env: { TS_NODE_TRANSPILE_ONLY: 'true' },
    args: (folder) => [bin(folder, 'mocha/bin/mocha.js'), '--ui', 'tdd', '--require', 'ts-node/register', 'cell.test.ts'],
  },
  {
    name: 'mocha with tsx',
    install: ['mocha@11', 'tsx@4'],
    formats: ['esm'],
    runner: 'mocha',
    args: (folder) => ['--import', 'tsx', bin(folder, 'mocha/bin/mocha.js'), '--ui', 'tdd', 'cell.test.ts'],
  },
  ...['3', '4'].map((version) => ({
    name: `Vitest ${version}`,
    install: [`vitest@${version}`, 'tsx@4'],
    formats: ['esm'],
    runner: 'vitest',
    args: (folder) => [bin(folder, 'vitest/vitest.mjs'), 'run'],
  })),
  ...['29', '30'].flatMap((version) =>
    ['commonjs', 'esm'].map((format) => ({
      name: `Jest ${version}`,
      install: [`jest@${version}`, 'ts-jest@29', TS, TYPES, 'tsx@4'],
      formats: [format],
      runner: 'jest',
      files: { 'jest.config.json': JSON.stringify(jestConfig(format)) },
      args: (folder) => [...(format === 'esm' ? ['--experimental-vm-modules'] : []), bin(folder, 'jest/bin/jest.js')],
    })),
  ),
];

function jestConfig(format) {
  const useESM = format === 'esm';
  return {
    testEnvironment: 'node',
    testTimeout: 120_000,
    transform: { '^.+\\.ts$': ['ts-jest', { useESM, diagnostics: false }] },
    moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
    ...(useESM && { extensionsToTreatAsEsm: ['.ts'] }),
  };
}

/** Why a cell fails: the loader or the runner itself cannot do it. A cell that fails in another way, or does not fail, is a problem. */
const REASONS = [
  {
    name: /^native/,
    formats: ['commonjs', 'esm'],
    nodes: [20],
    error: /SyntaxError|ERR_UNKNOWN_FILE_EXTENSION/,
    note: 'Node.js 20 does not strip types: use one of the loaders.',
  },
];

const problems = [];
const notes = [];
const base = options.dir ?? mkdtempSync(join(tmpdir(), 'twinpool-loaders-'));
mkdirSync(base, { recursive: true });
const paths = options.node ?? (options.all ? await installNodes() : [process.execPath]);
const nodes = paths.map((path) => ({
  path,
  major: Number(execFileSync(path, ['-p', 'process.versions.node'], { encoding: 'utf8' }).split('.')[0]),
}));
const chosen = LOADERS.filter(({ name }) => (options.short ? SHORT.includes(name) : options.only.some((part) => name.includes(part))));

const tarballs = await pack();
const RIGHT = join(base, 'right.json');
const packed = createHash('sha256')
  .update(Buffer.concat(tarballs.map((file) => readFileSync(file))))
  .digest('hex');
const known = existsSync(RIGHT) ? JSON.parse(readFileSync(RIGHT, 'utf8')) : {};
const right = new Set(known.packed === packed ? known.cells : []);
const rows = [];
for (const loader of chosen) {
  const isKnown = loader.formats.every((format) => nodes.every(({ major }) => right.has(nameOf(loader, format, major))));
  const folder = isKnown ? undefined : await projectOf(loader);
  for (const format of loader.formats) {
    const row = { loader, format, cells: [] };
    for (const node of nodes) {
      const cellName = nameOf(loader, format, node.major);
      const problem = right.has(cellName) ? undefined : await cell(loader, folder, format, node);
      if (problem === undefined) {
        right.add(cellName);
        writeFileSync(RIGHT, JSON.stringify({ packed, cells: [...right] }));
      }
      row.cells.push(judged(cellName, loader, format, node, problem));
      console.log(`${cellName}: ${problem === undefined ? 'ok' : problem}`);
    }
    rows.push(row);
  }
}
const tables = Object.fromEntries(Object.entries(PAGES).map(([page, isOn]) => [page, tableOf(rows.filter(isOn))]));
for (const table of Object.values(tables)) console.log(`\n${table}\n`);
if (options.write) writePages();
if (options.dir === undefined) rmSync(base, { recursive: true });
conclude('loaders', problems, `${rows.length * nodes.length} cells`);

function nameOf({ name }, format, major) {
  return `${name}, ${format}, Node ${major}`;
}

/** The paths of the binaries. */
async function installNodes() {
  const name = (major) => `node-${process.platform}-${process.arch}-${major}`;
  const folder = join(base, 'nodes');
  mkdirSync(folder, { recursive: true });
  const dependencies = Object.fromEntries(
    Object.entries(MAJORS).map(([major, version]) => [name(major), `npm:node-${process.platform}-${process.arch}@${version}`]),
  );
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies }));
  await install([], folder);
  return Object.keys(MAJORS).map((major) => join(folder, 'node_modules', name(major), 'bin/node'));
}

async function install(names, cwd) {
  const { code, stdout, stderr } = await run('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock', ...names], {
    cwd,
    limit: 500_000,
  });
  if (code !== 0) throw new Error(`npm install ${names.join(' ')}: ${stdout}${stderr}`);
}

async function pack() {
  const folder = join(base, 'tarballs');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const { packageManager } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
  const names = packages.map(({ manifest }) => manifest).filter((manifest) => isNeeded(manifest));
  const filters = names.map(({ name }) => `--filter=${name}`);
  const { code, stdout, stderr } = await run('npx', ['-y', packageManager, '-r', ...filters, 'pack', '--pack-destination', folder]);
  if (code !== 0) throw new Error(`pack: ${stdout}${stderr}`);
  return readdirSync(folder)
    .sort()
    .map((file) => join(folder, file));
}

/** The umbrella, and those of our packages that it depends on. */
function isNeeded({ name }) {
  const byName = new Map(packages.map(({ manifest }) => [manifest.name, manifest]));
  const needed = new Set(['twinpool']);
  for (const each of needed)
    for (const dependency of Object.keys(byName.get(each)?.dependencies ?? {})) if (byName.has(dependency)) needed.add(dependency);
  return needed.has(name);
}

async function projectOf({ install: names }) {
  const folder = join(base, names.length === 0 ? 'nothing' : names.join('+').replaceAll(/[^\w.+-]/g, '_'));
  mkdirSync(folder, { recursive: true });
  if (!existsSync(join(folder, 'package.json'))) writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true }));
  await install([...tarballs, ...names], folder);
  return folder;
}

/** Undefined when all forms give what they should, else what went wrong. */
async function cell(loader, folder, format, { path }) {
  const cwd = join(folder, `cell-${loader.name.replaceAll(/\W+/g, '-')}-${format}`);
  rmSync(cwd, { recursive: true, force: true });
  mkdirSync(cwd, { recursive: true });
  const extension = (loader.extension ?? usual)(format);
  for (const [name, text] of Object.entries({ ...filesOf({ ...loader, format, extension }), ...loader.files }))
    writeFileSync(join(cwd, name), text);
  const RESULT = join(cwd, 'result.json');
  const env = { ...process.env, RESULT, NODE_OPTIONS: '', ...loader.env };
  const { code, stdout, stderr } = await run(path, loader.args(folder), { cwd, env, limit: LIMIT });
  if (!existsSync(RESULT)) return `no result (exit code ${code}): ${firstError(`${stderr}\n${stdout}`)}`;
  const results = JSON.parse(readFileSync(RESULT, 'utf8'));
  for (const kind of ['process', 'thread']) {
    for (const [form, expected] of Object.entries(expectedOf({ ...loader, format }))) {
      const got = results[kind]?.[form];
      if (got !== expected) return `${kind}, ${form}: ${String(got).split('\n')[0]}`;
    }
  }
  return code === 0 ? undefined : `exit code ${code}: ${firstError(`${stderr}\n${stdout}`)}`;
}

function firstError(output) {
  const lines = output.split('\n');
  return (lines.find((line) => /Error\b|ERR_|killed/.test(line)) ?? lines.find((line) => line.trim() !== '') ?? '').trim().slice(0, 300);
}

function judged(cellName, loader, format, { major }, problem) {
  const reason = REASONS.find((one) => one.name.test(loader.name) && one.formats.includes(format) && one.nodes.includes(major));
  if (reason === undefined) {
    if (problem !== undefined) problems.push(`${cellName}: ${problem}`);
    return problem === undefined ? '✓' : '✗';
  }
  if (problem === undefined || !reason.error.test(problem))
    problems.push(`${cellName}: should fail with ${reason.error}, but: ${problem ?? 'ok'}`);
  if (!notes.includes(reason.note)) notes.push(reason.note);
  return `– (${notes.indexOf(reason.note) + 1})`;
}

function tableOf(all) {
  const FORMATS = { esm: 'ES module', commonjs: 'CommonJS', untyped: 'CommonJS, no `"type"`' };
  const lines = [
    `| loader or runner | format | ${nodes.map(({ major }) => `Node.js ${major}`).join(' | ')} |`,
    `| --- | --- |${' --- |'.repeat(nodes.length)}`,
    ...all.map(({ loader, format, cells }) => `| ${loader.name} | ${FORMATS[format]} | ${cells.join(' | ')} |`),
  ];
  const used = notes.filter((_, at) => lines.some((line) => line.includes(`– (${at + 1})`)));
  return [...lines, ...(used.length > 0 ? [''] : []), ...used.map((note) => `${notes.indexOf(note) + 1}. ${note}`)].join('\n');
}

function writePages() {
  if (nodes.length < 4 || chosen.length < LOADERS.length || problems.length > 0) {
    problems.push('the pages are written only for four versions of Node and all loaders, without a problem');
    return;
  }
  for (const [page, table] of Object.entries(tables)) {
    const text = readFileSync(`${root}${page}`, 'utf8');
    const [before, , after] = text.split(/<!-- \/?matrix -->/);
    writeFileSync(`${root}${page}`, `${before}<!-- matrix -->\n\n${table}\n\n<!-- /matrix -->${after}`);
  }
}
