// Pools under every flag of a Node: each that `process.allowedNodeEnvironmentFlags` and `node --help` list, as `--flag`, `--flag=value` and
// `--flag value`, on the command line and in NODE_OPTIONS, with worker processes and worker threads.
//
//   npm run flags [-- --node PATH] [--only REGEXP]
//
// A flag counts where Node runs a program of one line with it; then tasks must run too, unless the package cannot even be loaded. Ends with 1 when a pool did not work.
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
/** Only a hang of pools is to be found. */
const RUN_BOUND = 30_000;
/** With a flag that keeps Node from running the program of one line there is nothing to wait for. */
const CONTROL_BOUND = 8_000;
/** A program that goes on after its last line, as under `--watch`, is ended. */
const END_BOUND = 1_500;

const folder = mkdtempSync(join(tmpdir(), 'twinpool-flags-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const files = { 'preload.cjs': '', 'preload.mjs': '', 'loader.mjs': '', 'env.txt': 'FLAG=1\n', 'config.json': '{}', 'openssl.cnf': '' };
for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);

/** Values for flags that take one of their own kind; the others are tried with the ones at the end, until Node runs a program. */
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
  [/^--(max|secure-heap|stack|heap|v8-pool)/, '65536'],
  [/dir$/, '.'],
];
const ANY_VALUES = ['1', 'x'];
const valuesFor = (name) => {
  const found = VALUES.filter(([pattern]) => pattern.test(name)).map(([, value]) => value);
  return [...found, ...ANY_VALUES];
};

/** What a flag cannot be tried without. */
const TOGETHER = [
  ['--permission', '--allow-fs-read=*', '--allow-fs-write=*', '--allow-child-process', '--allow-worker'],
  ['--experimental-permission', '--allow-fs-read=*', '--allow-fs-write=*', '--allow-child-process', '--allow-worker'],
  ['--use-openssl-ca', '--inspect-port=127.0.0.1:0'],
  ['--title=x', '--inspect-port', '127.0.0.1:0'],
];

/** Waits for a debugger before it runs anything. */
const WAITS = /^--(no-)?inspect-(brk|wait)/;
/** Where Node takes no file with the flag, it runs a program given as text. */
const FOR_TEXT = /^(-e|-p|-pe|-i|--(eval|print|interactive|input-type))$/;

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

function start(args, options, program, asText) {
  const script = asText ? ['-e', `import(${JSON.stringify(program.href)})`] : [fileURLToPath(program)];
  const env = { ...process.env, NODE_OPTIONS: options };
  if (options === undefined) delete env.NODE_OPTIONS;
  const child = spawn(node, [...args, ...script], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const end = () => {
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It has ended.
    }
  };
  let output = '';
  return new Promise((resolve) => {
    let timer = setTimeout(end, program === CONTROL ? CONTROL_BOUND : RUN_BOUND);
    const add = (text) => {
      output += text;
      if (!/^\W*RAN$/m.test(output)) return;
      clearTimeout(timer);
      timer = setTimeout(end, END_BOUND);
    };
    child.stdout.setEncoding('utf8').on('data', add);
    child.stderr.setEncoding('utf8').on('data', add);
    child.on('exit', () => {
      clearTimeout(timer);
      // Something that it started may hold the output open.
      end();
      child.on('close', () => resolve(output));
    });
  });
}

const hasRun = (output) => /^\W*RAN$/m.test(output);
const quoted = (args) => args.map((arg) => (/[ "\\]/.test(arg) ? `"${arg.replace(/[\\"]/g, '\\$&')}"` : arg)).join(' ');

const counts = { runs: 0, refused: 0 };
const broken = [];

/** Whether Node runs with it; if so, whether pools do. */
async function tryOut(args, where) {
  const [own, options] = where === 'NODE_OPTIONS' ? [[], quoted(args)] : [args, undefined];
  for (const asText of args.some((arg) => FOR_TEXT.test(arg.split('=', 1)[0])) ? [false, true] : [false]) {
    if (!hasRun(await start(own, options, CONTROL, asText))) continue;
    counts.runs += 1;
    const output = await start(own, options, PROGRAM, asText);
    const fine = ['Pool', 'ThreadPool'].every((kind) => new RegExp(`RESULT ${kind} 2$`, 'm').test(output)) && hasRun(output);
    if (!fine && hasRun(await start(own, options, LOADING, asText))) {
      const text = output
        .split('\n')
        .filter((line) => /BROKEN|Error|RESULT/.test(line))
        .slice(0, 3)
        .join(' | ');
      broken.push(`${where}: ${args.join(' ')}: ${text || output.slice(-200)}`);
      console.log(`broken  ${broken.at(-1)}`);
    }
    return true;
  }
  return false;
}

async function tryFlag(name) {
  for (const where of ['the command line', 'NODE_OPTIONS']) {
    let ran = await tryOut([name], where);
    for (const value of valuesFor(name)) {
      const forms = name.startsWith('--') ? [[`${name}=${value}`], [name, value]] : [[name, value]];
      let took = false;
      for (const form of forms) took = (await tryOut(form, where)) || took;
      ran ||= took;
      if (took) break;
    }
    if (!ran) counts.refused += 1;
  }
}

const names = flagsOfNode();
const jobs = [
  ...names.map((name) => () => tryFlag(name)),
  ...(given.only === undefined
    ? TOGETHER.flatMap((args) => ['the command line', 'NODE_OPTIONS'].map((where) => () => tryOut(args, where)))
    : []),
];
await Promise.all(
  Array.from({ length: availableParallelism() }, async () => {
    for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) await job();
  }),
);
const version = spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim();
console.log(
  `flags: Node ${version}: ${names.length} flags, ${counts.runs} programs with pools, ${counts.refused} ways that Node itself refuses, ${broken.length} broken`,
);
process.exitCode = broken.length > 0 || counts.runs === 0 ? 1 : 0;
