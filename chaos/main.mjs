// npm run chaos -- <name> [--seconds N] [--tasks N] [--seed S] [--kind process|thread] [--short] [--log FILE] [--replay FILE] | --list
// Starts one run in a separate process with a deadline, searches for processes that it left, and exits with 1 if an invariant was broken.
// It does not know what a run does. It kills a run that hangs, and the workers of that run end too.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { MARK, markedProcesses } from './harness/processes.mjs';
import { runs } from './runs/index.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string' },
    tasks: { type: 'string' },
    seed: { type: 'string' },
    kind: { type: 'string' },
    short: { type: 'boolean', default: false },
    log: { type: 'string' },
    replay: { type: 'string' },
    list: { type: 'boolean', default: false },
  },
});
const [name = ''] = positionals;
const run = runs[name.toLowerCase()];
if (values.list || run === undefined) {
  for (const [key, { title }] of Object.entries(runs)) console.log(`${key.padEnd(4)} ${title}`);
  process.exit(values.list ? 0 : 2);
}

const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : wholeNumber('seed', values.seed);
const options = {
  name: name.toLowerCase(),
  seed,
  seconds: values.seconds === undefined ? undefined : wholeNumber('seconds', values.seconds),
  tasks: values.tasks === undefined ? undefined : wholeNumber('tasks', values.tasks),
  kind: values.kind,
  short: values.short,
  log: values.log,
  replay: values.replay,
};
// The run time plus the time to end.
const deadline = (options.seconds ?? (values.short ? 20 : (run.seconds ?? 600))) * 1000 + (values.short ? 20_000 : 120_000);
const mark = `${process.pid}.${Date.now()}`;

const command = [process.execPath, '--expose-gc', fileURLToPath(new URL('./run.mjs', import.meta.url)), JSON.stringify(options)];
// Some runs need a low descriptor limit, which only a shell can set.
if (run.descriptors !== undefined) command.unshift('/bin/sh', '-c', `ulimit -n ${run.descriptors}; exec "$0" "$@"`);
const [program, ...args] = command;
const child = spawn(program, args, { stdio: 'inherit', env: { ...process.env, NODE_NO_WARNINGS: '1', ...run.env, [MARK]: mark } });
let isLate = false;
const timer = setTimeout(() => {
  isLate = true;
  child.kill('SIGKILL');
}, deadline);
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill('SIGTERM'));
const code = await new Promise((resolve) => child.on('exit', (exitCode, signal) => resolve(exitCode ?? signal)));
clearTimeout(timer);

const left = await leftBehind(mark);
for (const { pid, command } of left) console.log(`BROKEN  process ${pid} was left behind: ${command}`);
if (isLate) console.log(`BROKEN  the run had not ended after ${Math.round(deadline / 1000)} s; seed ${seed}`);
process.exitCode = code === 0 && left.length === 0 && !isLate ? 0 : 1;

/** Returns the processes that are alive three seconds after the run, and kills them. */
async function leftBehind(of) {
  for (const end = Date.now() + 3000; Date.now() < end; ) {
    if (markedProcesses(of).length === 0) return [];
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const found = markedProcesses(of);
  for (const { pid } of found) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // it ended in the meantime
    }
  }
  return found;
}

function wholeNumber(option, text) {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new RangeError(`--${option}: expected a whole number, got ${text}`);
  return value;
}
