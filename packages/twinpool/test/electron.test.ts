/**
 * Tests a packaged Electron application, simulated by fixtures/platform/as-electron.mjs: the program and twinpool lie in `app.asar`, the task modules in
 * `app.asar.unpacked`. It was not run in Electron.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, it } from '@twinpool/testkit/sample';
import { build } from 'rolldown';
import { expect, onTestFinished } from 'vitest';

const ELECTRON = ['--import', new URL('fixtures/platform/as-electron.mjs', import.meta.url).href];
const BOUND = 60_000;
const PACKAGES = ['twinpool', '@twinpool/core', '@twinpool/pool', '@twinpool/executor', '@twinpool/adapters', 'piscina'];

const MAIN = `import { join } from 'node:path';
import { Pool, taskRef, ThreadPool } from 'twinpool';
console.log('started', process.versions.electron);
const scale = taskRef(join(process.env.RESOURCES, 'app.asar.unpacked/tasks.mjs'), 'scale');
for (const AnyPool of [ThreadPool, Pool]) {
  const pool = new AnyPool(1);
  console.log(JSON.stringify([await pool.map(scale, [1, 2]), await pool.map((x) => x + 1, [1])]));
  pool.close();
  await pool.join();
}
`;
const TASKS = "import { basename } from 'node:path';\nexport const scale = (x) => x * basename('/a/bcd').length;\n";
const EXPECTED = 'started 40.0.0\n[[3,6],[2]]\n[[3,6],[2]]\n';

/** Where this workspace has it. */
function packageFolder(name: string): string {
  const ofTwinpool = createRequire(import.meta.url).resolve('twinpool/package.json');
  const ofCore = createRequire(ofTwinpool).resolve('@twinpool/core/package.json');
  if (name === 'piscina') return realpathSync(join(dirname(ofCore), 'node_modules/piscina'));
  return dirname(realpathSync(createRequire(name === 'twinpool' ? import.meta.url : ofTwinpool).resolve(`${name}/package.json`)));
}

function application(): string {
  const resources = realpathSync(mkdtempSync(join(tmpdir(), 'twinpool-electron-')));
  onTestFinished(() => rmSync(resources, { recursive: true }));
  for (const [file, text] of Object.entries({ 'app.asar/main.mjs': MAIN, 'app.asar.unpacked/tasks.mjs': TASKS })) {
    mkdirSync(dirname(join(resources, file)), { recursive: true });
    writeFileSync(join(resources, file), text);
  }
  return resources;
}

function run(resources: string, main: string): { status: number | null; stdout: string; stderr: string } {
  const env = { ...process.env, RESOURCES: resources };
  const { status, stdout, stderr } = spawnSync(process.execPath, [...ELECTRON, join(resources, main)], {
    encoding: 'utf8',
    timeout: BOUND,
    env,
  });
  return { status, stdout, stderr };
}

describe('in an archive of Electron, threads and processes run tasks', () => {
  it('with twinpool in its node_modules', () => {
    const resources = application();
    for (const name of PACKAGES) {
      const from = packageFolder(name);
      const filter = (file: string) => !/^[\\/](?:node_modules|src|test)(?:[\\/]|$)/.test(file.slice(from.length));
      cpSync(from, join(resources, 'app.asar/node_modules', name), { recursive: true, filter });
    }
    expect(run(resources, 'app.asar/main.mjs')).toEqual({ status: 0, stdout: EXPECTED, stderr: '' });
  });

  it('with twinpool in the bundle', async () => {
    const resources = application();
    await build({
      input: join(resources, 'app.asar/main.mjs'),
      platform: 'node',
      external: ['piscina'],
      resolve: { alias: { twinpool: fileURLToPath(import.meta.resolve('twinpool')) } },
      output: { dir: join(resources, 'app.asar/out'), format: 'esm', entryFileNames: '[name].mjs' },
      logLevel: 'silent',
    });
    expect(run(resources, 'app.asar/out/main.mjs')).toEqual({ status: 0, stdout: EXPECTED, stderr: '' });
  });
});
