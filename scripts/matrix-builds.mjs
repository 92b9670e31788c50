// Builds one program with every bundler, runs the output, and says which forms of tasks work in it. Requires a build of the packages.
//
//   node scripts/matrix-builds.mjs [--short] [--only REGEXP] [--write] [--keep]
//
//   --short   esbuild, Rolldown and webpack with twinpool bundled, for CI
//   --only    the cells whose name matches: `esbuild ESM, bundled, plugin`
//   --write   put the table into docs/building.md
//   --keep    leave the scratch project, and print its folder
//
// The packages are packed, and installed with the bundlers in a scratch project outside of this repository. The output of a cell in which twinpool
// is bundled is copied to an empty folder without node_modules. A cell is right when each form of task works with threads and with processes, or,
// without the plugin, is refused with the three cures. `source maps`: the position in a refusal, and the stack of a task of the plugin that throws
// (with `--enable-source-maps`), are those of the sources.
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { makeProject, writeFiles } from './scratch-project.mjs';
import { root, run } from './workspace.mjs';

const { values: given } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    write: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    project: { type: 'string' },
  },
});
const only = new RegExp(given.only);
/** ms. Bounds that only detect hangs. */
const BUILD_BOUND = 300_000;
const RUN_BOUND = 120_000;

const BUNDLERS = {
  esbuild: '0.28.2',
  rollup: '4.68.8',
  '@rollup/plugin-node-resolve': '16.0.3',
  '@rollup/plugin-commonjs': '29.0.0',
  rolldown: '1.3.3',
  vite: '8.4.0',
  webpack: '5.113.0',
  '@rspack/core': '2.3.4',
  tsdown: '0.21.10',
  '@oven/bun-linux-x64': '1.4.5',
  '@vercel/ncc': '0.45.0',
};
const SHORT = ['esbuild ESM', 'Rolldown', 'webpack'];

const EXTERNAL = ['twinpool', '@twinpool/core/register', 'zod'];
const EXTERNAL_SOURCE = "[/^twinpool/, /^@twinpool/, 'zod']";

/** How each bundler is called: a program, in the project, that gets `out`, `isExternal`, `hasPlugin` and `entry`. */
const BUILDERS = {
  'esbuild ESM': esbuild("format: 'esm', outExtension: { '.js': '.mjs' }"),
  'esbuild CJS': esbuild("format: 'cjs', outExtension: { '.js': '.cjs' }", 'cjs'),
  'esbuild minified': esbuild("format: 'esm', minify: true, outExtension: { '.js': '.mjs' }"),
  Rollup: {
    uses: 'rollup',
    plugin: 'rollup',
    main: 'main.mjs',
    program: `import { rollup } from 'rollup';
import { nodeResolve } from '@rollup/plugin-node-resolve';
import commonjs from '@rollup/plugin-commonjs';
const bundle = await rollup({ input: entry, external: isExternal ? ${EXTERNAL_SOURCE} : [], plugins: [...plugins, nodeResolve({ exportConditions: ['node'] }), commonjs()], onwarn: log });
await bundle.write({ file: out + '/main.mjs', format: 'es', sourcemap: true, inlineDynamicImports: !hasPlugin });`,
  },
  'Rollup CJS': {
    uses: 'rollup',
    plugin: 'rollup',
    main: 'main.cjs',
    program: `import { rollup } from 'rollup';
import { nodeResolve } from '@rollup/plugin-node-resolve';
import commonjs from '@rollup/plugin-commonjs';
const bundle = await rollup({ input: entry, external: isExternal ? ${EXTERNAL_SOURCE} : [], plugins: [...plugins, nodeResolve({ exportConditions: ['node'] }), commonjs()], onwarn: log });
await bundle.write({ dir: out, format: 'cjs', entryFileNames: '[name].cjs', chunkFileNames: '[name]-[hash].cjs', sourcemap: true });`,
  },
  Rolldown: {
    uses: 'rolldown',
    plugin: 'rolldown',
    main: 'main.mjs',
    program: `import { build } from 'rolldown';
await build({ input: { main: entry }, platform: 'node', external: isExternal ? ${EXTERNAL_SOURCE} : [], plugins, output: { dir: out, format: 'esm', entryFileNames: '[name].mjs', chunkFileNames: '[name]-[hash].mjs', sourcemap: true } });`,
  },
  'Rolldown minified': {
    uses: 'rolldown',
    plugin: 'rolldown',
    main: 'main.mjs',
    program: `import { build } from 'rolldown';
await build({ input: { main: entry }, platform: 'node', external: isExternal ? ${EXTERNAL_SOURCE} : [], plugins, output: { dir: out, format: 'esm', minify: true, sourcemap: true, entryFileNames: '[name].mjs', chunkFileNames: '[name]-[hash].mjs' } });`,
  },
  'Vite SSR': {
    uses: 'vite',
    plugin: 'vite',
    main: 'main.mjs',
    program: `import { build } from 'vite';
await build({ configFile: false, logLevel: 'warn', plugins, ssr: isExternal ? { external: ${JSON.stringify(EXTERNAL)} } : { noExternal: true }, build: { ssr: entry, outDir: out, emptyOutDir: true, minify: false, sourcemap: true, rollupOptions: { output: { entryFileNames: '[name].mjs', chunkFileNames: '[name]-[hash].mjs' } } } });`,
  },
  webpack: webpack('webpack', 'webpack', "import webpack from 'webpack'; const start = webpack;"),
  Rspack: webpack('@rspack/core', 'rspack', "import { rspack } from '@rspack/core'; const start = rspack;"),
  'webpack ESM': webpack('webpack', 'webpack', "import webpack from 'webpack'; const start = webpack;", true),
  tsdown: {
    uses: 'tsdown',
    plugin: 'rolldown',
    main: 'main.mjs',
    program: `import { build } from 'tsdown';
await build({ config: false, entry: { main: entry }, outDir: out, format: 'esm', platform: 'node', dts: false, sourcemap: true, logLevel: 'warn', clean: false, ...(isExternal ? { external: ${EXTERNAL_SOURCE} } : { noExternal: [/./], inlineOnly: false }), plugins, outExtensions: () => ({ js: '.mjs' }) });`,
  },
  Bun: {
    uses: '@oven/bun-linux-x64',
    plugin: 'bun',
    main: 'main.js',
    runner: 'bun',
    program: `const result = await Bun.build({ entrypoints: [entry], outdir: out, target: 'node', format: 'esm', sourcemap: 'linked', external: isExternal ? ${JSON.stringify(EXTERNAL)} : [], plugins });
if (!result.success) throw new AggregateError(result.logs, 'Bun.build failed');`,
  },
  ncc: {
    uses: '@vercel/ncc',
    plugin: undefined,
    main: 'index.mjs',
    program: `import ncc from '@vercel/ncc';
import { dirname } from 'node:path';
import { mkdirSync, writeFileSync } from 'node:fs';
const { code, assets } = await ncc(entry, { sourceMap: true, sourceMapRegister: false, externals: isExternal ? ['twinpool', 'zod'] : [], quiet: true });
for (const [name, text] of Object.entries({ 'index.mjs': code, ...Object.fromEntries(Object.entries(assets).map(([name, { source }]) => [name, source])) })) {
  mkdirSync(dirname(out + '/' + name), { recursive: true });
  writeFileSync(out + '/' + name, text);
}`,
  },
};

function esbuild(options, extension = 'mjs') {
  return {
    uses: 'esbuild',
    plugin: 'esbuild',
    main: `main.${extension}`,
    program: `import { build } from 'esbuild';
await build({ entryPoints: [entry], bundle: true, platform: 'node', outdir: out, entryNames: '[name]', sourcemap: true, ${options}, external: isExternal ? ${JSON.stringify(EXTERNAL)} : [], plugins, logLevel: 'error' });`,
  };
}

function webpack(uses, plugin, start, isModule = false) {
  const output = isModule
    ? "{ path: out, filename: '[name].mjs', module: true, chunkFormat: 'module', library: { type: 'module' } }"
    : "{ path: out, filename: '[name].cjs' }";
  const external = isModule ? "'module ' + request" : "'import ' + request";
  return {
    uses,
    plugin,
    main: isModule ? 'main.mjs' : 'main.cjs',
    program: `${start}
const externals = isExternal ? [({ request }, done) => /^(?:@?twinpool|zod)/.test(request) ? done(null, ${external}) : done()] : [];
await new Promise((resolve, reject) => start({ mode: 'production', target: 'node20', entry: { main: entry }, devtool: 'source-map', externals, ${isModule ? 'experiments: { outputModule: true }, ' : ''}output: ${output}, plugins }, (error, stats) => error ? reject(error) : stats.hasErrors() ? reject(new Error(stats.toString('errors-only'))) : resolve()));`,
  };
}

const TASKS = `import { basename } from 'node:path';
import { plus } from './plus.js';
const FACTOR = 3;
export function scale(x) {
  return plus(x * FACTOR, basename('/a/bc').length);
}
export function fails(x) {
  throw new RangeError('failed with ' + x);
}
`;
const AREA = `'use tasks';
import { defineTask } from 'twinpool';
import { z } from 'zod';
export const area = defineTask({ input: z.tuple([z.number(), z.number().default(4)]), output: z.number() }, (w, h) => w * h);
`;
const FILES = {
  'src/jobs/scale.tasks.js': TASKS,
  'src/jobs/area.js': AREA,
  'src/jobs/plus.js': 'export const plus = (a, b) => a + b;\n',
  'src/plain.mjs': "import { sep } from 'node:path';\nexport const twice = (x) => 2 * x + sep.length;\n",
  'src/report.js': `import { Pool, ThreadPool } from 'twinpool';
export async function report(cases, { refused, thrown }, { unsendable, fails }) {
  const results = {};
  for (const [kind, AnyPool] of [['threads', ThreadPool], ['processes', Pool]]) {
    const pool = new AnyPool(1);
    for (const [form, task, args, expected] of cases) {
      const outcome = await pool.apply(task, args).then((value) => (value === expected ? 'right' : 'wrong: ' + value), (error) => error.name + ': ' + error.message);
      results[form + ', ' + kind] = outcome;
    }
    const refusal = await pool.apply(unsendable, [1]).catch((error) => error.message);
    const stack = fails === undefined ? thrown : await pool.apply(fails, [1]).catch((error) => error.stack);
    results['source maps, ' + kind] = refusal.includes(refused) && stack.includes(thrown) ? 'right' : 'wrong: ' + refusal + ' ' + stack;
    pool.close();
    await pool.join();
  }
  console.log(JSON.stringify(results));
}
`,
  'src/main.js': main("taskRef(new URL('./jobs/scale.tasks.js', import.meta.url), 'scale')", '[5], 17', './', 'fails'),
  'src/plain/main.js': main("taskRef(new URL('./plain.mjs', pathToFileURL(process.argv[1])), 'twice')", '[5], 11', '../'),
};

/** `fails`: a function of the task module that throws, where it can be a task. */
function main(reference, args, folder = './', fails = 'undefined') {
  const positions = { refused: 'SECRET` (main.js:LINE', thrown: `scale.tasks.js:${lineOf(TASKS, 'throw')}:` };
  const text = `import { pathToFileURL } from 'node:url';
import { taskRef } from 'twinpool';
import { scale, fails } from '${folder}jobs/scale.tasks.js';
import { area } from '${folder}jobs/area.js';
import { report } from '${folder}report.js';
void pathToFileURL;
void fails;
let SECRET = 1;
if (process.argv.length > 9) SECRET = 2;
const unsendable = (x) => x + SECRET;
report([
  ['exported', scale, [5], 17],
  ['defineTask', area, [3, 5], 15],
  ['inline', (x) => x + 1, [5], 6],
  ['taskRef', ${reference}, ${args}],
], ${JSON.stringify(positions)}, { unsendable, fails: ${fails} });
`;
  return text.replace('LINE', `${lineOf(text, 'const unsendable')}:`);
}

function lineOf(text, part) {
  return text.slice(0, text.indexOf(part)).split('\n').length;
}

const FORMS = ['exported', 'defineTask', 'inline', 'taskRef', 'source maps'];

async function prepare(project, wanted) {
  const used = Object.entries(BUNDLERS).filter(([name]) =>
    wanted.some((uses) => name === uses || (uses === 'rollup' && name.startsWith('@rollup/'))),
  );
  await makeProject(project, { dependencies: { zod: '^4.6.7', ...Object.fromEntries(used) } });
}

/** The outcome of each form and kind. */
async function cell(project, name, { plugin, main, runner, program }, isExternal, hasPlugin) {
  const key = `${name}-${isExternal ? 'external' : 'bundled'}-${hasPlugin ? 'plugin' : 'none'}`.replace(/\W+/g, '-').toLowerCase();
  const out = join(project, 'out', key);
  const script = join(project, `build-${key}.mjs`);
  const loaded = hasPlugin ? `import twinpool from '@twinpool/unplugin/${plugin}';\nconst plugins = [twinpool()];` : 'const plugins = [];';
  const entry = join(project, hasPlugin ? 'src/main.js' : 'src/plain/main.js');
  writeFileSync(
    script,
    `const out = ${JSON.stringify(out)}, entry = ${JSON.stringify(entry)}, isExternal = ${isExternal}, hasPlugin = ${hasPlugin}, log = () => {};
${loaded}
${program}
`,
  );
  const bun = join(project, 'node_modules/@oven/bun-linux-x64/bin/bun');
  const built = await run(runner === 'bun' ? bun : process.execPath, [script], { cwd: project, limit: BUILD_BOUND });
  if (built.code !== 0) return { error: `the build failed: ${firstLine(built.stderr || built.stdout)}` };
  cpSync(join(project, 'src/plain.mjs'), join(out, 'plain.mjs'));
  const folder = isExternal ? out : mkdtempSync(join(tmpdir(), 'twinpool-empty-'));
  try {
    if (!isExternal) cpSync(out, folder, { recursive: true });
    const { code, stdout, stderr } = await run(process.execPath, ['--enable-source-maps', join(folder, main)], {
      cwd: folder,
      limit: RUN_BOUND,
    });
    if (code !== 0 || !stdout.startsWith('{')) return { error: `ended with ${code}: ${firstLine(stderr || stdout)}` };
    return JSON.parse(stdout);
  } finally {
    if (!isExternal) rmSync(folder, { recursive: true, force: true });
  }
}

function firstLine(text) {
  return (
    text
      .split('\n')
      .find((line) => /Error|error|failed/.test(line))
      ?.slice(0, 300) ?? text.slice(0, 300)
  );
}

/** `✓` right, `refused` with the three cures, else what went wrong. */
function judge(outcome) {
  if (outcome === 'right') return '✓';
  if (/^TaskSerializationError: .*bundled.*@twinpool\/unplugin.*taskRef.*external/s.test(outcome ?? '')) return 'refused';
  return `WRONG (${outcome})`;
}

const wantedBuilders = Object.entries(BUILDERS).filter(([name]) => !given.short || SHORT.includes(name));
const cells = wantedBuilders
  .flatMap(([name, builder]) =>
    [false, true].flatMap((isExternal) => [true, false].map((hasPlugin) => ({ name, builder, isExternal, hasPlugin }))),
  )
  .filter(({ isExternal }) => !given.short || !isExternal)
  .filter(({ builder, hasPlugin }) => !hasPlugin || builder.plugin !== undefined)
  .map((one) => ({ ...one, title: `${one.name}, ${one.isExternal ? 'external' : 'bundled'}, ${one.hasPlugin ? 'plugin' : 'no plugin'}` }))
  .filter(({ title }) => only.test(title));

const project = given.project ?? mkdtempSync(join(tmpdir(), 'twinpool-matrix-'));
const rows = [];
let wrong = 0;
try {
  if (!existsSync(join(project, 'node_modules'))) await prepare(project, [...new Set(cells.map(({ builder }) => builder.uses))]);
  writeFiles(project, FILES);
  for (const { name, builder, isExternal, hasPlugin, title } of cells) {
    const outcomes = await cell(project, name, builder, isExternal, hasPlugin);
    const judged = FORMS.map((form) => {
      const marks = ['threads', 'processes'].map((kind) => judge(outcomes.error ?? outcomes[`${form}, ${kind}`]));
      return marks[0] === marks[1] ? marks[0] : marks.join(' / ');
    });
    const isRight = judged.every((mark, at) => mark === '✓' || (mark === 'refused' && !hasPlugin && at < 2));
    if (!isRight) wrong += 1;
    rows.push([name, isExternal ? 'external' : 'bundled', hasPlugin ? 'yes' : 'no', ...judged]);
    console.log(`${isRight ? 'ok   ' : 'WRONG'} ${title}: ${[...new Set(judged)].join(', ')}`);
  }
} finally {
  if (given.keep || given.project !== undefined) console.log(project);
  else rmSync(project, { recursive: true, force: true });
}

const table = [['bundler', 'twinpool', 'plugin', ...FORMS], ['---', '---', '---', ...FORMS.map(() => '---')], ...rows]
  .map((row) => `| ${row.join(' | ')} |`)
  .join('\n');
console.log(`\n${table}\n`);
if (given.write) {
  const page = `${root}docs/building.md`;
  const text = readFileSync(page, 'utf8');
  writeFileSync(
    page,
    text.replace(/(<!-- matrix -->\n)[\s\S]*?(\n<!-- \/matrix -->)/, (_, before, after) => `${before}\n${table}\n${after}`),
  );
}
console.log(`builds: ${cells.length - wrong} passed, ${wrong} failed`);
process.exitCode = wrong === 0 ? 0 : 1;
