// Runs twinpool in the published frameworks: one request that maps over threads and processes, and one shutdown with open work. Requires a build.
// Usage: node scripts/matrix-frameworks.mjs [--project FOLDER] [fastify|nest|turbopack|webpack|lambda]...        default: all
//   --project  the scratch project: kept, and used as it is if it is installed
//
// fastify, nest       the recipes of docs/recipes
// turbopack, webpack  a route handler and a server action of Next.js: `next build`, then `output: 'standalone'`, copied to another folder; then
//                     `next dev`, with a change of the task module
// lambda              a bundle as ES modules and as CommonJS, zipped, unpacked in a folder that cannot be written; the process is frozen between two events
import { spawn } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { makeProject, must } from './scratch-project.mjs';
import { conclude, root, run } from './workspace.mjs';

const LIMIT = 500_000;
const BOUND = 60_000;
const SERVERS = {
  fastify: '5',
  '@nestjs/core': '11',
  '@nestjs/common': '11',
  '@nestjs/platform-express': '11',
  'reflect-metadata': '0.2',
  rxjs: '7',
  tsx: '4',
};
const LAMBDA = { esbuild: '0.28.2', fflate: '0.8' };
const NEXT = { next: '16.4.0', react: '19', 'react-dom': '19' };
const BOTH = (values) => ({ threads: values, processes: values });
const FRAMEWORKS = {
  fastify: { dependencies: SERVERS, args: ['fastify.mjs'], isRight: (got) => got === JSON.stringify(BOTH([1, 4])) },
  nest: { dependencies: SERVERS, args: ['--import', 'tsx', 'nest.ts'], isRight: (got) => got === JSON.stringify(BOTH([1, 4])) },
  turbopack: {
    dependencies: NEXT,
    isNext: true,
    flags: [],
    isRight: (got, [one, two] = [4, 13]) =>
      new RegExp(`^\\{"threads":\\[\\[${one},${two}\\],\\[2,3\\],"TaskSerializationError.*bundled`).test(got),
  },
  webpack: {
    dependencies: NEXT,
    isNext: true,
    flags: ['--webpack'],
    isRight: (got, [one, two] = [4, 13]) => got === JSON.stringify(BOTH([[one, two], [2, 3], [two]])),
  },
  lambda: { dependencies: LAMBDA, isLambda: true },
};

const { values: options, positionals } = parseArgs({ options: { project: { type: 'string' } }, allowPositionals: true });
const wanted = Object.entries(FRAMEWORKS).filter(([name]) => positionals.length === 0 || positionals.includes(name));
const problems = [];
const base = mkdtempSync(join(tmpdir(), 'twinpool-frameworks-'));
try {
  const project = options.project ?? join(base, 'project');
  if (!existsSync(join(project, 'node_modules')))
    await makeProject(project, { dependencies: Object.assign({}, ...wanted.map(([, { dependencies }]) => dependencies)) });
  const sources = `${root}scripts/matrix-frameworks`;
  cpSync(sources, project, { recursive: true });
  cpSync(join(sources, 'next'), project, { recursive: true });
  cpSync(join(sources, 'nest.tsconfig.json'), join(project, 'tsconfig.json'));
  for (const [name, framework] of wanted) {
    try {
      await (framework.isLambda
        ? tryLambda(project)
        : framework.isNext
          ? tryNext(name, framework, project)
          : tryServer(project, framework));
      console.log(`ok    ${name}`);
    } catch (error) {
      problems.push(`${name}: ${error.message}`);
    }
  }
} finally {
  rmSync(base, { recursive: true, force: true });
}
conclude('frameworks', problems, wanted.map(([name]) => name).join(', '));

async function tryServer(project, { args, isRight }) {
  await withServer(project, args, '/map', async ({ get, child, ended }) => {
    check('the request', await get('/map'), isRight);
    const open = get('/slow');
    // The server has the request when it answers a later one (of no route).
    await get('/');
    child.kill('SIGTERM');
    check('the open request', await open, (text) => text === 'done');
    await ended;
  });
}

async function tryNext(name, framework, project) {
  const { flags, isRight } = framework;
  const DIST = `.next-${name}`;
  const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1', DIST };
  const next = join(project, 'node_modules/next/dist/bin/next');
  await must('next build', run(process.execPath, [next, 'build', ...flags], { cwd: project, env, limit: LIMIT }));
  const folder = join(base, name);
  cpSync(join(project, DIST, 'standalone'), folder, { recursive: true, dereference: true });
  await withServer(folder, ['server.js'], '/', async ({ get, child, ended }) => {
    check('the route', await get('/api/map'), isRight);
    check('the server action', await get('/'), (text) => text.includes('action [2]') || /action .{0,20}\[2\]/.test(text));
    const { done: worker } = JSON.parse(await get('/api/slow'));
    const open = get('/api/slow');
    // The server has the request when it answers a later one.
    await get('/');
    child.kill('SIGTERM');
    check('the open request', await open, (text) => text === JSON.stringify({ done: worker }));
    await ended;
    await isGone(worker);
  });
  await tryNextDev(next, framework, project, { ...env, DIST: `${DIST}-dev` });
}

/** A change of the task module reaches the workers of the server that runs. */
async function tryNextDev(next, { flags, isRight }, project, env) {
  const file = join(project, 'lib/square.tasks.mjs');
  const source = readFileSync(file, 'utf8');
  const body = async ({ get }) => {
    check('the route in development', await get('/api/map'), isRight);
    writeFileSync(file, source.replace('FACTOR = 3', 'FACTOR = 5'));
    const from = performance.now();
    for (let got = ''; !isRight(got, [6, 21]); ) {
      if (performance.now() - from > BOUND) throw new Error(`the change did not reach the route: ${got}`);
      got = await get('/api/map');
    }
  };
  try {
    await withServer(project, [next, 'dev', ...flags], '/', body, env);
  } finally {
    writeFileSync(file, source);
  }
}

async function isGone(pid) {
  const from = performance.now();
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    if (performance.now() - from > BOUND) throw new Error(`the worker ${pid} outlives the server`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function tryLambda(project) {
  for (const [format, extension] of [
    ['esm', '.mjs'],
    ['cjs', '.cjs'],
  ]) {
    const build = `import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';
import { zipSync } from 'fflate';
import twinpool from '@twinpool/unplugin/esbuild';
await build({ entryPoints: { index: 'lambda/handler.js' }, bundle: true, platform: 'node', format: '${format}', outdir: 'lambda-${format}', outExtension: { '.js': '${extension}' }, plugins: [twinpool()] });
const files = readdirSync('lambda-${format}', { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => entry.parentPath + '/' + entry.name);
writeFileSync('lambda-${format}.zip', zipSync(Object.fromEntries(files.map((file) => [file.slice('lambda-${format}/'.length), readFileSync(file)]))));
`;
    await must('the build', run(process.execPath, ['--input-type=module', '-e', build], { cwd: project, limit: LIMIT }));
    const folder = join(base, `task-${format}`);
    const unpack = `import { dirname, join } from 'node:path';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { unzipSync } from 'fflate';
for (const [file, bytes] of Object.entries(unzipSync(readFileSync('lambda-${format}.zip')))) {
  const path = join(process.argv[1], file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
}
`;
    await must('unpack', run(process.execPath, ['--input-type=module', '-e', unpack, folder], { cwd: project, limit: LIMIT }));
    setWritable(folder, false);
    try {
      await callLambda(join(project, 'lambda/runtime.mjs'), folder, `index${extension}`);
    } finally {
      setWritable(folder, true);
    }
  }
}

async function callLambda(runtime, folder, main) {
  // What Lambda sets, and nothing of this environment.
  const env = { PATH: process.env.PATH, LAMBDA_TASK_ROOT: folder, AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '1024', TZ: ':UTC' };
  const child = spawn(process.execPath, [runtime, join(folder, main)], { cwd: folder, env, stdio: ['pipe', 'pipe', 'pipe'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (errors += text));
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const bound = setTimeout(() => child.kill('SIGKILL'), BOUND);
  try {
    for (const numbers of [[1, 2], [3], [4]]) {
      child.stdin.write(`${JSON.stringify({ numbers })}\n`);
      const { value = `nothing, with ${errors}` } = await lines.next();
      const squares = numbers.map((x) => x * x * 3 + 1);
      check('the event', value, (text) => text === JSON.stringify(BOTH([squares, squares, numbers.map((x) => x + 1)])));
      // Between events the environment is frozen.
      child.kill('SIGSTOP');
      await new Promise((resolve) => setTimeout(resolve, 1000));
      child.kill('SIGCONT');
    }
    child.stdin.end();
    const code = await ended;
    if (code !== 0 || errors !== '') throw new Error(`lambda ended with ${code}: ${errors}`);
  } finally {
    clearTimeout(bound);
    child.kill('SIGKILL');
  }
}

function setWritable(folder, isWritable) {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isDirectory()) chmodSync(join(entry.parentPath, entry.name), isWritable ? 0o755 : 0o555);
  }
  chmodSync(folder, isWritable ? 0o755 : 0o555);
}

async function withServer(cwd, args, ready, body, given = process.env) {
  const port = await freePort();
  const env = { ...given, PORT: String(port), HOSTNAME: '127.0.0.1' };
  const child = spawn(process.execPath, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  const ended = new Promise((resolve, reject) => {
    child.once('exit', resolve);
    setTimeout(() => reject(new Error(`it does not end; it printed ${output}`)), 2 * BOUND).unref();
  });
  ended.catch(() => undefined);
  const get = async (path) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(BOUND) });
    return response.text();
  };
  try {
    const from = performance.now();
    while (
      !(await get(ready).then(
        () => true,
        () => false,
      ))
    ) {
      if (performance.now() - from > BOUND || child.exitCode !== null) throw new Error(`it does not start; it printed ${output}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await body({ get, child, ended });
  } finally {
    child.kill('SIGKILL');
  }
}

function check(what, got, isRight) {
  if (!isRight(got)) throw new Error(`${what} got ${got.slice(0, 500)}`);
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
