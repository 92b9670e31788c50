// Measures whole programs as contenders: a round starts the program several times and takes the median.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { summary } from './statistics.mjs';

const RUNS = 5;
const file = (name) => fileURLToPath(new URL(`../programs/${name}.mjs`, import.meta.url));

/** Milliseconds from the start of the program to its end. The program prints 2, the result of its only task. */
export function program(name, ...args) {
  const wallTime = async () => {
    const started = performance.now();
    const printed = await output([file(name), ...args]);
    if (printed.trim() !== '2') throw new Error(`expected the program to print 2, got ${JSON.stringify(printed)}`);
    return performance.now() - started;
  };
  return async () => ({ round: async () => ({ wall: await medianOf(wallTime) }) });
}

/** Milliseconds that a new program needs to import a package. */
export function imported(name) {
  const loadTime = async () => Number(await output([file('import'), name]));
  return async () => ({ round: async () => ({ load: await medianOf(loadTime) }) });
}

async function medianOf(measureOnce) {
  const times = [];
  for (let run = 0; run < RUNS; run++) times.push(await measureOnce());
  return summary(times).median;
}

/** Runs a Node program with the variables of `env`, and returns the text that it prints. Rejects if the program fails. */
export function output(args, env = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...env } });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (more) => {
      text += more;
    });
    child.on('error', reject).on('close', (code, signal) => {
      if (code === 0) resolve(text);
      else reject(new Error(`${args.join(' ')} ended with ${signal ?? code}`));
    });
  });
}
