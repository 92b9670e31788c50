// Runs pools with every flag that `process.allowedNodeEnvironmentFlags` and `node --help` list: as `--flag`, `--flag=value` and
// `--flag value`, on the command line and in NODE_OPTIONS, with worker processes and worker threads.
//
//   npm run flags [-- --node PATH] [--only REGEXP]
//
// A flag counts if Node can run a one-line program with it. Then tasks must run too, unless the package cannot be loaded. The exit code is 1 if
// a pool did not work.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values: given } = parseArgs({ options: { node: { type: 'string', default: process.execPath }, only: { type: 'string' } } });
const node = given.node;
const only = new RegExp(given.only ?? '');
/** ms. A bound that only detects hangs. */
const RUN_BOUND = 30_000;
/** ms. A bound for the one-line program, which some flags prevent from running. */
const CONTROL_BOUND = 8_000;
/** ms. A program that continues after its last line, as with `--watch`, is killed after this time. */
const END_BOUND = 1_500;

const folder = mkdtempSync(join(tmpdir(), 'twinpool-flags-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const files = { 'preload.cjs': '', 'preload.mjs': '', 'loader.mjs': '', 'env.txt': 'FLAG=1\n', 'config.json': '{}', 'openssl.cnf': '' };
for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);

/** Values for flags that need a specific one. For other flags ANY_VALUES are tried until Node runs a program. */
const VALUES = [
  [/^(-r|--require)$/, './preload.cjs'],
  [/^--import$/, './preload.mjs'],
  [/loader$/, './loader.mjs'],
  [/^--env-file/, 'env.txt'],
  [/config-file$/, 'config.json'],
  [/^--openssl-config$/, 'openssl.cnf'],
  [/^--(allow-fs-read|allow-fs-write)$/, '*'],
  [/^--input-type$|^--experimental-default-type$/, 'module'],
  [/^--unhandled-rejections$/, 'warn'],
  [/^--dns-result-order$/, 'ipv4first'],
  [/^--disable-proto$/, 'delete'],
  [/^--tls-cipher-list$/, 'DEFAULT'],
  [/signal$/, 'SIGUSR2'],
  [/^--inspect|^--debug-port$/, '127.0.0.1:0'],
  [/^--inspect-publish-uid$/, 'stderr'],
  [/^--trace-require-module$/, 'all'],
  [/^--use-largepages$/, 'off'],
  [/^--test-shard$/, '1/1'],
  [/^--v8-pool-size$/, '2'],
  [/^--(max|secure-heap|stack|heap)/, '65536'],
  [/dir$/, '.'],
];
const ANY_VALUES = ['1', 'x'];
const valuesFor = (name) => {
  const found = VALUES.filter(([pattern]) => pattern.test(name)).map(([, value]) => value);
  return [...found, ...ANY_VALUES];
};

/** The number of flags per program. Most flags do not affect each other. */
const BUNDLE = 16;

/** Flags that work only together. */
const TOGETHER = [
  ['--permission', '--allow-fs-read=*', '--allow-fs-write=*', '--allow-child-process', '--allow-worker'],
  ['--experimental-permission', '--allow-fs-read=*', '--allow-fs-write=*', '--allow-child-process', '--allow-worker'],
  ['--use-openssl-ca', '--inspect-port=127.0.0.1:0'],
  ['--title=x', '--inspect-port', '127.0.0.1:0'],
];

/** Flags that wait for a debugger. */
const WAITS = /^--(no-)?inspect-(brk|wait)/;
/** Flags with which Node accepts no file, but a program as text. */
const FOR_TEXT = /^(-e|-p|-pe|--(eval|print|input-type))$/;

function flagsOfNode() {
  const run = (args) => spawnSync(node, args, { encoding: 'utf8' }).stdout;
  const names = new Set(JSON.parse(run(['-p', 'JSON.stringify([...process.allowedNodeEnvironmentFlags])'])));
  for (const line of run(['--help']).split('\n')) {
    if (/^ {2}-/.test(line)) for (const [, name] of line.slice(2).matchAll(/(?:^|, )(--?[A-Za-z0-9][\w.-]*)/g)) names.add(name);
  }
  return [...names].filter((name) => only.test(name) && !WAITS.test(name)).sort();
}

const CONTROL = new URL('flags/control.mjs', import.meta.url);
const LOADING = new URL('flags/loading.mjs', import.meta.url);
const PROGRAM = new URL('flags/program.mjs', import.meta.url);

const hasRun = (output) => /^\W*RAN$/m.test(output);

function start(args, options, isText, program) {
  const script = isText ? ['-e', `import(${JSON.stringify(program.href)})`] : [fileURLToPath(program)];
  const env = { ...process.env, NODE_OPTIONS: options };
  if (options === undefined) delete env.NODE_OPTIONS;
  const child = spawn(node, [...args, ...script], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const end = () => {
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // The process has ended.
    }
  };
  let output = '';
  return new Promise((resolve) => {
    let timer = setTimeout(end, program === CONTROL ? CONTROL_BOUND : RUN_BOUND);
    const add = (text) => {
      output += text;
      if (!hasRun(output)) return;
      clearTimeout(timer);
      timer = setTimeout(end, END_BOUND);
    };
    child.stdout.setEncoding('utf8').on('data', add);
    child.stderr.setEncoding('utf8').on('data', add);
    child.on('error', (error) => resolve(`the program could not be started: ${error.message}`));
    child.on('exit', () => {
      clearTimeout(timer);
      // A process that it started may keep the output open.
      end();
      child.on('close', () => resolve(output));
    });
  });
}

const quoted = (args) => args.map((arg) => (/[ "\\]/.test(arg) ? `"${arg.replace(/[\\"]/g, '\\$&')}"` : arg)).join(' ');

/** The arguments of Node, its NODE_OPTIONS, and whether the program is passed as text. */
const asProgram = ({ args, where, isText }) => [
  where === 'NODE_OPTIONS' ? [] : args,
  where === 'NODE_OPTIONS' ? quoted(args) : undefined,
  isText,
];
const runs = async (way, program) => hasRun(await start(...asProgram(way), program));

const counts = { ways: 0, programs: 0, done: 0 };
const broken = [];

/** The forms of the flag with which Node runs a one-line program: without a value, and with the first value that Node accepts. */
async function waysOf(name) {
  const isText = FOR_TEXT.test(name);
  const ways = [];
  const add = async (args) => {
    const [own, inEnvironment] = ['the command line', 'NODE_OPTIONS'].map((where) => ({ args, where, isText }));
    if (!(await runs(own, CONTROL))) return false;
    ways.push(own);
    if (await runs(inEnvironment, CONTROL)) ways.push(inEnvironment);
    return true;
  };
  await add([name]);
  for (const value of valuesFor(name)) {
    const isJoined = name.startsWith('--') && (await add([`${name}=${value}`]));
    if ((await add([name, value])) || isJoined) break;
  }
  return ways;
}

/** Runs pools with all these flags; if that fails, with each half of them, down to a single flag. */
async function tryOut(ways) {
  const together = { ...ways[0], args: ways.flatMap(({ args }) => args) };
  const output = (await runs(together, CONTROL)) ? await start(...asProgram(together), PROGRAM) : '';
  counts.programs += 1;
  const isFine = ['Pool', 'ThreadPool'].every((kind) => new RegExp(`RESULT ${kind} 2$`, 'm').test(output)) && hasRun(output);
  if (isFine) return;
  if (ways.length > 1) {
    const half = ways.length >> 1;
    await tryOut(ways.slice(0, half));
    await tryOut(ways.slice(half));
  } else if (await runs(together, LOADING)) {
    const lines = output.split('\n').filter((line) => /BROKEN|Error|RESULT/.test(line));
    broken.push(`${together.where}: ${together.args.join(' ')}: ${lines.slice(0, 3).join(' | ') || output.slice(-200)}`);
    console.log(`broken  ${broken.at(-1)}`);
  }
}

async function each(list, work) {
  const waiting = [...list];
  const next = async () => {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) await work(one);
  };
  await Promise.all(Array.from({ length: availableParallelism() }, next));
}

const names = flagsOfNode();
const ways = [];
await each(names, async (name) => {
  ways.push(...(await waysOf(name)));
  counts.done += 1;
  if (counts.done % 50 === 0) process.stderr.write(`probed ${counts.done} of ${names.length} flags\n`);
});
const bundles = [];
for (const where of ['the command line', 'NODE_OPTIONS']) {
  for (const isText of [false, true]) {
    const alike = ways.filter((way) => way.where === where && way.isText === isText);
    for (let at = 0; at < alike.length; at += BUNDLE) bundles.push(alike.slice(at, at + BUNDLE));
  }
  if (given.only !== undefined) continue;
  for (const args of TOGETHER) {
    const way = { args, where, isText: false };
    if (await runs(way, CONTROL)) bundles.push([way]);
  }
}
counts.ways = bundles.flat().length;
await each(bundles, tryOut);
const version = spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim();
console.log(
  `flags: Node ${version}: ${names.length} flags, ${counts.ways} ways to give one, ${counts.programs} programs with pools, ${broken.length} broken`,
);
process.exitCode = broken.length > 0 || counts.ways === 0 ? 1 : 0;
