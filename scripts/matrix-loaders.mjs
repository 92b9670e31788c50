// Runs every form of task under every loader of TypeScript and every test runner, with both module formats, on one or several versions of Node.
// Each loader has a scratch project of its own, into which the packed packages are installed: no other loader can help out.
// Usage: node scripts/matrix-loaders.mjs [--node PATH]... [--only NAME]... [--dir FOLDER] [--write]
//   --node PATH    a Node binary; default: the one that runs this script. May be given several times
//   --only NAME    only the loaders whose name contains NAME. May be given several times
//   --dir FOLDER   keeps the scratch projects there, and uses those that are there; default: a temporary folder
//   --write        writes the table into docs/loaders.md. Wants four versions of Node and all loaders
// A cell is right when every form gives its result in both kinds of workers, or when it fails as REASONS says. Wants the packages built.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { EXPECTED, filesOf } from './matrix-loaders/programs.mjs';
import { conclude, packages, root, run } from './workspace.mjs';

const PAGE = `${root}docs/loaders.md`;
const LIMIT = 180_000;
const { values: options } = parseArgs({
  options: {
    node: { type: 'string', multiple: true, default: [process.execPath] },
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
const nodes = options.node.map((path) => ({
  path,
  major: Number(execFileSync(path, ['-p', 'process.versions.node'], { encoding: 'utf8' }).split('.')[0]),
}));
const chosen = LOADERS.filter(({ name }) => options.only.some((part) => name.includes(part)));

const tarballs = await pack();
const rows = [];
for (const loader of chosen) {
  const folder = await projectOf(loader);
  for (const format of loader.formats) {
    const row = { loader, format, cells: [] };
    for (const node of nodes) {
      const problem = await cell(loader, folder, format, node);
      const cellName = `${loader.name}, ${format}, Node ${node.major}`;
      row.cells.push(judged(cellName, loader, format, node, problem));
      console.log(`${cellName}: ${problem === undefined ? 'ok' : problem}`);
    }
    rows.push(row);
  }
}
const table = tableOf(rows);
console.log(`\n${table}\n`);
if (options.write) writePage(table);
if (options.dir === undefined) rmSync(base, { recursive: true });
conclude('loaders', problems, `${rows.length * nodes.length} cells`);

async function pack() {
  const folder = join(base, 'tarballs');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const { packageManager } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
  const names = packages.map(({ manifest }) => manifest).filter((manifest) => isNeeded(manifest));
  const filters = names.map(({ name }) => `--filter=${name}`);
  const { code, stdout, stderr } = await run('npx', ['-y', packageManager, '-r', ...filters, 'pack', '--pack-destination', folder]);
  if (code !== 0) throw new Error(`pack: ${stdout}${stderr}`);
  return readdirSync(folder).map((file) => join(folder, file));
}

/** The umbrella, and those of our packages that it depends on. */
function isNeeded({ name }) {
  const byName = new Map(packages.map(({ manifest }) => [manifest.name, manifest]));
  const needed = new Set(['twinpool']);
  for (const each of needed)
    for (const dependency of Object.keys(byName.get(each)?.dependencies ?? {})) if (byName.has(dependency)) needed.add(dependency);
  return needed.has(name);
}

async function projectOf({ install }) {
  const folder = join(base, install.length === 0 ? 'nothing' : install.join('+').replaceAll(/[^\w.+-]/g, '_'));
  mkdirSync(folder, { recursive: true });
  if (!existsSync(join(folder, 'package.json'))) writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true }));
  const { code, stdout, stderr } = await run('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock', ...tarballs, ...install], {
    cwd: folder,
    limit: 500_000,
  });
  if (code !== 0) throw new Error(`npm install ${install.join(' ')}: ${stdout}${stderr}`);
  return folder;
}

/** Undefined when all forms give what they should, else what went wrong. */
async function cell(loader, folder, format, { path }) {
  const cwd = join(folder, `${loader.name.replaceAll(/\W+/g, '-')}-${format}`);
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
    for (const [form, expected] of Object.entries(EXPECTED)) {
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
  return [...lines, '', ...notes.map((note, i) => `${i + 1}. ${note}`)].join('\n').trimEnd();
}

function writePage(text) {
  if (nodes.length < 4 || chosen.length < LOADERS.length || problems.length > 0) {
    problems.push('the page is written only for four versions of Node and all loaders, without a problem');
    return;
  }
  const page = readFileSync(PAGE, 'utf8');
  const [before, , after] = page.split(/<!-- \/?matrix -->/);
  writeFileSync(PAGE, `${before}<!-- matrix -->\n\n${text}\n\n<!-- /matrix -->${after}`);
}
