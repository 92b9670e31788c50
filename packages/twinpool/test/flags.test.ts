// Tests pools in programs that Node runs with flags, on the command line and in NODE_OPTIONS: one flag of each class. `npm run flags` tests all
// flags of a Node version.
import { tmpdir } from 'node:os';
import { runNode } from '@twinpool/testkit';
import { describe, it } from '@twinpool/testkit/sample';
import { expect } from 'vitest';

const folder = new URL('./fixtures/flags/', import.meta.url);
const FLAG_OF_PERMISSIONS = ['--permission', '--experimental-permission'].find((flag) =>
  process.allowedNodeEnvironmentFlags.has(flag),
) as string;

/** The lines that the program printed. */
async function run(flags: readonly string[], args: readonly string[] = [], env: Record<string, string> = {}): Promise<string[]> {
  const program = runNode([...flags, 'program.mjs', ...args], folder, '', env);
  const end = await program.end(30_000);
  expect({ ...end, errors: program.errors.replace(/^.*(Warning|--trace-warnings|ebugger).*\n/gm, '') }).toMatchObject({ code: 0 });
  return program.output.trim().split('\n');
}
const done = (preloaded = ''): string[] => [`Pool ${preloaded} true`, `ThreadPool ${preloaded} true`];

describe('tasks run with [R16]', () => {
  it.each([
    ['a boolean flag', ['--enable-source-maps']],
    ['a boolean flag that is switched off', ['--no-experimental-repl-await']],
    ['=value', ['--unhandled-rejections=warn']],
    ['a value that is the next argument', ['--unhandled-rejections', 'warn']],
    ['a value of a flag of the whole process', ['--tls-cipher-list', 'DEFAULT']],
    ['underscores', ['--dns_result_order', 'ipv4first']],
    ['an empty value', ['--conditions', '', '--no-warnings']],
    ['memory', ['--max-old-space-size=512', '--max-semi-space-size=32']],
    ["V8's flags", ['--harmony', '--stack-size=900', '--expose_gc', '--no-opt']],
    ["V8's flags that are named like Node's", ['--experimental-wasm-memory64']],
    ['a title', ['--title', 'x']],
    ['environment files', ['--env-file', '/dev/null']],
    ['an inspector', ['--inspect=127.0.0.1:0']],
    ['a loader', ['--experimental-loader', './loader.mjs']],
  ])('%s on the command line: %j', async (_what, flags) => {
    expect(await run(flags)).toEqual(done());
  });

  it.each([
    '--unhandled-rejections warn --tls-cipher-list DEFAULT',
    '--use-openssl-ca --title=x --max-old-space-size=512',
    '--inspect-port 127.0.0.1:0 --use-openssl-ca',
    '--inspect=127.0.0.1:0 --title "two words" --openssl-legacy-provider',
    '--conditions "a b" --no-warnings',
  ])('NODE_OPTIONS %j [R17]', async (options) => {
    expect(await run([], [], { NODE_OPTIONS: options })).toEqual(done());
  });

  it('flags that NODE_OPTIONS refuses, and those of a program without a file', async () => {
    const program = runNode(['--input-type', 'module', '-e', "await import('./program.mjs')"], folder);
    expect([(await program.end(30_000)).code, program.output.trim().split('\n')]).toEqual([0, done()]);
  });

  it('the permission model [R18]', async () => {
    const flags = [FLAG_OF_PERMISSIONS, '--allow-fs-read=*', '--allow-fs-write=*', '--allow-child-process', '--allow-worker'];
    expect(await run(flags)).toEqual(done());
  });
});

describe('preloads reach workers', () => {
  const both = ['--require', './preload.cjs', '--import=./preload.mjs'];
  const relative: [string, string[], Record<string, string>][] = [
    ['on the command line', both, {}],
    ['in NODE_OPTIONS', [], { NODE_OPTIONS: both.join(' ') }],
    ['in both', ['-r', './preload.cjs'], { NODE_OPTIONS: '--import ./preload.mjs' }],
    ['beside flags of the whole process', [], { NODE_OPTIONS: `${both.join(' ')} --title=x --use-openssl-ca` }],
  ];

  it.each(relative)('of a program that has left its directory: %s [R20]', async (_where, flags, env) => {
    expect(await run(flags, [tmpdir()], env)).toEqual(done('cjs,mjs'));
  });

  it('of a program that has left its directory before it loads the package [R20]', async () => {
    const PWD = decodeURIComponent(folder.pathname).slice(0, -1);
    expect(await run(both, [tmpdir(), 'later'], { PWD })).toEqual(done('cjs,mjs'));
  });

  it('with loaders of a program that has left its directory [R20]', async () => {
    expect(await run(['--experimental-loader', './loader.mjs', ...both], [tmpdir()])).toEqual(done('cjs,mjs'));
  });

  it.each(['"minimal"', '{}', '{"A":"1"}'])('whatever the environment is: %s [R19]', async (env) => {
    const options = '--require ./preload.cjs --experimental-loader ./loader.mjs --title=x';
    expect(await run([], [], { NODE_OPTIONS: options, ENV: env })).toEqual(done('cjs'));
  });
});

it("Node's warnings in a worker process name the program, not the worker", async () => {
  const task = "() => { process.emitWarning('from a task'); }";
  const code = `import { Pool } from 'twinpool'; const pool = new Pool(1); await pool.apply(${task}); pool.terminate(); await pool.join();`;
  const program = runNode(['--input-type=module', '-e', code], folder);
  expect((await program.end(30_000)).code).toBe(0);
  expect(program.errors).toMatch(/from a task\n\(Use `node --trace-warnings/);
});
