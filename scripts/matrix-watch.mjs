// Changes a task module while a bundler watches it, and runs the program again: its workers must run the new function. Requires a build.
// Usage: node scripts/matrix-watch.mjs [--project FOLDER] [NAME]...        default: all
//   --project  the scratch project: kept, and used as it is if it is installed
//
//   a bundler in watch mode   the output is run anew after each rebuild
//   Vite's dev server         one program and one pool: the module is loaded again (`ssrLoadModule`), and the workers that are there load it, too
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { makeProject, writeFiles } from './scratch-project.mjs';
import { conclude, run } from './workspace.mjs';

const BOUND = 120_000;
const DEPENDENCIES = { esbuild: '0.28.2', rollup: '4.68.8', rolldown: '1.3.3', vite: '8.4.0', webpack: '5.113.0' };

const TASKS = (factor) => `import { plus } from '../plus.js';
const FACTOR = ${factor};
export function scale(x) {
  return plus(x * FACTOR, 1);
}
`;
/** Prints what an exported function and a reference give, in both kinds of workers. */
const FILES = {
  'src/plus.js': 'export const plus = (a, b) => a + b;\n',
  'src/run.js': `import { taskRef } from 'twinpool';
import { scale } from './jobs/scale.tasks.js';
const reference = taskRef(new URL('./jobs/scale.tasks.js', import.meta.url), 'scale');
export const run = async (pools) => JSON.stringify(await Promise.all(pools.flatMap((pool) => [pool.apply(scale, [5]), pool.apply(reference, [5])])));
`,
  'src/main.js': `import { Pool, ThreadPool } from 'twinpool';
import { run } from './run.js';
const pools = [new ThreadPool(1), new Pool(1)];
run(pools).then(console.log).finally(() => pools.map((pool) => pool.terminate()));
`,
  'vite.config.mjs': `import twinpool from '@twinpool/unplugin/vite';
export default {
  plugins: [twinpool()],
  ssr: { external: ['twinpool', '@twinpool/core/register'] },
  build: { ssr: 'src/main.js', outDir: 'out/vite', rollupOptions: { output: { entryFileNames: '[name].mjs' } } },
};
`,
  'rollup.config.mjs': `import twinpool from '@twinpool/unplugin/rollup';
export default { input: 'src/main.js', external: [/twinpool/, /^node:/], plugins: [twinpool()], output: { dir: 'out/rollup', entryFileNames: '[name].mjs' } };
`,
  'rolldown.config.mjs': `import twinpool from '@twinpool/unplugin/rolldown';
export default { input: 'src/main.js', platform: 'node', external: [/twinpool/], plugins: [twinpool()], output: { dir: 'out/rolldown', entryFileNames: '[name].mjs' } };
`,
  'esbuild.watch.mjs': `import { context } from 'esbuild';
import twinpool from '@twinpool/unplugin/esbuild';
const told = { name: 'told', setup: (build) => build.onEnd(() => console.log('REBUILT')) };
const watched = await context({ entryPoints: ['src/main.js'], bundle: true, platform: 'node', format: 'esm', outdir: 'out/esbuild', outExtension: { '.js': '.mjs' }, external: ['twinpool', '@twinpool/core/register'], plugins: [twinpool(), told] });
await watched.watch();
`,
  'webpack.watch.mjs': `import { resolve } from 'node:path';
import webpack from 'webpack';
import twinpool from '@twinpool/unplugin/webpack';
webpack({ mode: 'development', target: 'node20', entry: { main: './src/main.js' }, externals: [({ request }, done) => (/^@?twinpool/.test(request) ? done(null, 'import ' + request) : done())], output: { path: resolve('out/webpack'), filename: '[name].cjs' }, plugins: [twinpool()] }).watch({}, (error, stats) => {
  if (error || stats.hasErrors()) console.error(error ?? stats.toString('errors-only'));
  console.log('REBUILT');
});
`,
  'dev.mjs': `import { createServer } from 'vite';
import { Pool, ThreadPool } from 'twinpool';
const server = await createServer({ server: { middlewareMode: true, hmr: false, ws: false }, appType: 'custom' });
const pools = [new ThreadPool(1), new Pool(1)];
const first = await Promise.all(pools.map((pool) => pool.apply(() => process.pid, [])));
let last = '';
const look = async () => {
  const { run } = await server.ssrLoadModule('/src/run.js');
  const got = await run(pools);
  if (got !== last) console.log(got, String(await Promise.all(pools.map((pool) => pool.apply(() => process.pid, [])))) === String(first) ? 'SAME WORKERS' : 'OTHER WORKERS');
  last = got;
};
for (;;) {
  await look();
  await new Promise((resolve) => setTimeout(resolve, 100));
}
`,
};

const bin = (path) => join('node_modules', path);
const WATCHED = {
  'vite build --watch': { args: [bin('vite/bin/vite.js'), 'build', '--watch'], built: /built in /g, output: 'out/vite/main.mjs' },
  'rollup --watch': {
    args: [bin('rollup/dist/bin/rollup'), '--config', 'rollup.config.mjs', '--watch', '--no-watch.clearScreen'],
    built: /created .*out\/rollup/g,
    output: 'out/rollup/main.mjs',
  },
  'rolldown --watch': {
    args: [bin('rolldown/bin/cli.mjs'), '--config', 'rolldown.config.mjs', '--watch'],
    built: /Rebuilt|Finished|built in|duration/gi,
    output: 'out/rolldown/main.mjs',
  },
  esbuild: { args: ['esbuild.watch.mjs'], built: /REBUILT/g, output: 'out/esbuild/main.mjs' },
  webpack: { args: ['webpack.watch.mjs'], built: /REBUILT/g, output: 'out/webpack/main.cjs' },
  'vite dev (SSR)': { args: ['dev.mjs'], built: /WORKERS/g, output: undefined },
};

const { values: options, positionals } = parseArgs({ options: { project: { type: 'string' } }, allowPositionals: true });
const wanted = Object.entries(WATCHED).filter(([name]) => positionals.length === 0 || positionals.some((part) => name.includes(part)));
const problems = [];
const folder = options.project ?? mkdtempSync(join(tmpdir(), 'twinpool-watch-'));
try {
  if (!existsSync(join(folder, 'node_modules'))) await makeProject(folder, { dependencies: DEPENDENCIES });
  writeFiles(folder, FILES);
  for (const [name, watched] of wanted) {
    const problem = await tryOne(watched);
    console.log(`${name}: ${problem ?? 'ok'}`);
    if (problem !== undefined) problems.push(`${name}: ${problem}`);
  }
} finally {
  if (options.project === undefined) rmSync(folder, { recursive: true, force: true });
}
conclude('watch', problems, wanted.map(([name]) => name).join(', '));

/** Two changes: the second one shows that a rebuild of a rebuild works. */
async function tryOne({ args, built, output }) {
  writeFiles(folder, { 'src/jobs/scale.tasks.js': TASKS(2) });
  const child = spawn(process.execPath, args, { cwd: folder, stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, NO_COLOR: '1' } });
  let text = '';
  let changed = () => undefined;
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (more) => {
      text += more;
      changed();
    });
  const next = (from) =>
    new Promise((resolve, reject) => {
      const bound = setTimeout(() => reject(new Error(`no build within ${BOUND} ms: ${text.slice(-2000)}`)), BOUND);
      changed = () => {
        if ((text.match(built) ?? []).length <= from) return;
        clearTimeout(bound);
        resolve();
      };
      child.once('exit', (code) => {
        clearTimeout(bound);
        reject(new Error(`ended with ${code}: ${text.slice(-2000)}`));
      });
      changed();
    });
  try {
    for (const factor of [2, 3, 4]) {
      if (factor > 2) writeFileSync(join(folder, 'src/jobs/scale.tasks.js'), TASKS(factor));
      const expected = JSON.stringify(Array(4).fill(5 * factor + 1));
      let got = '';
      // A bundler may build more than once for one change.
      for (let from = 0; !got.includes(expected); ) {
        await next(from).catch((error) => {
          throw new Error(`${error.message}\nthe last run printed ${got}`);
        });
        from = (text.match(built) ?? []).length;
        got = output === undefined ? text : await outputOf(output);
      }
    }
    return text.includes('OTHER WORKERS') ? 'the workers were replaced' : undefined;
  } catch (error) {
    return error.message;
  } finally {
    child.kill('SIGKILL');
  }
}

async function outputOf(file) {
  const { stdout, stderr } = await run(process.execPath, [join(folder, file)], { cwd: folder, limit: BOUND });
  return stdout + stderr;
}
