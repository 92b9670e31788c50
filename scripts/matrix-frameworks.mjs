// Runs twinpool in the published frameworks: one request that maps over threads and processes, and one shutdown with open work. Requires a build.
// Usage: node scripts/matrix-frameworks.mjs [fastify|nest|turbopack|webpack]...        default: all
//
// fastify, nest       the recipes of docs/servers.md
// turbopack, webpack  a route handler and a server action of Next.js: `next build`, then `output: 'standalone'`, copied to another folder
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
const NEXT = { next: '16.4.0', react: '19', 'react-dom': '19' };
const BOTH = (values) => ({ threads: values, processes: values });
const FRAMEWORKS = {
  fastify: { dependencies: SERVERS, args: ['fastify.mjs'], isRight: (got) => got === JSON.stringify(BOTH([1, 4])) },
  nest: { dependencies: SERVERS, args: ['--import', 'tsx', 'nest.ts'], isRight: (got) => got === JSON.stringify(BOTH([1, 4])) },
  turbopack: {
    dependencies: NEXT,
    isNext: true,
    flags: [],
    isRight: (got) => /^\{"threads":\[\[4,13\],\[2,3\],"TaskSerializationError.*bundled/.test(got),
  },
  webpack: {
    dependencies: NEXT,
    isNext: true,
    flags: ['--webpack'],
    isRight: (got) => got === JSON.stringify(BOTH([[4, 13], [2, 3], [13]])),
  },
};

const wanted = Object.entries(FRAMEWORKS).filter(([name]) => process.argv.length < 3 || process.argv.includes(name));
const problems = [];
const base = mkdtempSync(join(tmpdir(), 'twinpool-frameworks-'));
try {
  const project = join(base, 'project');
  await makeProject(project, { dependencies: Object.assign({}, ...wanted.map(([, { dependencies }]) => dependencies)) });
  const sources = `${root}scripts/matrix-frameworks`;
  cpSync(sources, project, { recursive: true });
  cpSync(join(sources, 'next'), project, { recursive: true });
  cpSync(join(sources, 'nest.tsconfig.json'), join(project, 'tsconfig.json'));
  for (const [name, framework] of wanted) {
    try {
      await (framework.isNext ? tryNext(name, framework, project) : tryServer(project, framework));
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

async function tryNext(name, { flags, isRight }, project) {
  const DIST = `.next-${name}`;
  const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1', DIST };
  const next = join(project, 'node_modules/next/dist/bin/next');
  await must('next build', run(process.execPath, [next, 'build', ...flags], { cwd: project, env, limit: LIMIT }));
  const folder = join(base, name);
  cpSync(join(project, DIST, 'standalone'), folder, { recursive: true, dereference: true });
  await withServer(folder, ['server.js'], '/', async ({ get, child, ended }) => {
    check('the route', await get('/api/map'), isRight);
    check('the server action', await get('/'), (text) => text.includes('action [2]') || /action .{0,20}\[2\]/.test(text));
    child.kill('SIGTERM');
    await ended;
  });
}

async function withServer(cwd, args, ready, body) {
  const port = await freePort();
  const env = { ...process.env, PORT: String(port), HOSTNAME: '127.0.0.1' };
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
