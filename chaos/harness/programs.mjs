// Runs small programs in parallel. Each writes its result as JSON to descriptor 3, and is ended with all that it started.
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { MARK, markedProcesses } from './processes.mjs';

/** ms. After this time a program counts as dead. */
const DEADLINE = 60_000 * Number(process.env.TWINPOOL_DELAY_FACTOR ?? 1);
/** Programs at the same time. Programs that hang only wait, so it may be more than the CPUs. */
const PROGRAMS = Math.max(2, Math.min(12, 3 * availableParallelism()));

/**
 * Resolves to the result of a program, or `undefined` if it died without one. `output` is what it printed.
 * `endsWithin`: the milliseconds that the program has to end after its result; without it the program is ended at once.
 */
export async function resultOf(command, args, { env = {}, endsWithin = 0 } = {}) {
  const mark = `${process.pid}.${args.join('.')}`;
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'ignore', 'pipe'],
    env: { ...process.env, NODE_NO_WARNINGS: '1', ...env, [MARK]: mark },
  });
  let hasEnded = false;
  const ended = new Promise((resolve) =>
    child.once('exit', () => {
      hasEnded = true;
      resolve();
    }),
  );
  const closed = new Promise((resolve) => child.once('close', resolve));
  const texts = { 1: '', 3: '' };
  for (const fd of [1, 3]) {
    child.stdio[fd].setEncoding('utf8').on('data', (piece) => {
      texts[fd] += piece;
    });
  }
  const given = new Promise((resolve) => child.stdio[3].once('data', resolve));
  const wait = (ms, ...promises) => {
    let timer;
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, ms);
    });
    return Promise.race([late, ...promises]).finally(() => clearTimeout(timer));
  };
  await wait(DEADLINE, ended, given);
  if (endsWithin > 0) await wait(endsWithin, ended);
  const endedAlone = hasEnded;
  // A leak of one pool must not disturb the next program.
  child.kill('SIGKILL');
  for (const { pid } of markedProcesses(mark)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // it ended in the meantime
    }
  }
  await ended;
  await wait(1000, closed);
  return { result: texts[3] === '' ? undefined : JSON.parse(texts[3]), output: texts[1], endedAlone };
}

/** Calls `run` with each job, a few at the same time. */
export async function inParallel(jobs, run) {
  const todo = [...jobs];
  const isShown = process.stderr.isTTY;
  await Promise.all(
    Array.from({ length: PROGRAMS }, async () => {
      for (let job = todo.shift(); job !== undefined; job = todo.shift()) {
        await run(job);
        if (isShown) process.stderr.write(`\r\u001b[K${todo.length} programs left`);
      }
    }),
  );
  if (isShown) process.stderr.write('\r\u001b[K');
}

/** A table in Markdown: `cell(row, column)` for each row and column. */
export function tableOf(corner, columns, rows, cell) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [
    line([corner, ...columns]),
    line(['---', ...columns.map(() => '---')]),
    ...rows.map((row) => line([row, ...columns.map((column) => cell(row, column))])),
  ].join('\n');
}
