// Runs one fault in one pool, in a separate process, and judges the task, the next task and the program. Writes one JSON line to descriptor 3.
import { readFileSync, writeFileSync, writeSync } from 'node:fs';
import { cells } from './cells.mjs';
import { ours, peers } from './contenders.mjs';

const [name, row, log] = process.argv.slice(2);
const { kind, open, takesModules } = { ...ours, ...peers }[name];
const cell = cells[Number(row)];
/** ms. A task that has not settled after this time hangs. */
const PATIENCE = 8000 * Number(process.env.TWINPOOL_DELAY_FACTOR ?? 1);

let crashes = 0;
process.on('uncaughtException', () => {
  crashes += 1;
});
process.on('unhandledRejection', () => {
  crashes += 1;
});

async function settled(make) {
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(() => resolve('pending'), PATIENCE);
  });
  let promise;
  try {
    promise = Promise.resolve(make()).then(
      (value) => ({ ok: true, value }),
      (error) => ({ ok: false, error }),
    );
  } catch (error) {
    promise = Promise.resolve({ ok: false, error });
  }
  const outcome = await Promise.race([promise, late]);
  clearTimeout(timer);
  return outcome;
}

const module = cell.module ?? 'tasks.mjs';
writeFileSync(log, '');
process.env.FAULTS_LOG = log;
let verdict;
try {
  const pool = await open({ module: takesModules ? 'tasks.mjs' : module, stack: cell.stack === true && kind === 'process' });
  if (cell.module === undefined) await settled(() => pool.run('fine', 1));
  const outcome = await settled(() => pool.run(cell.task, cell.module === undefined ? log : 1, module));
  if (cell.wait !== undefined) await new Promise((resolve) => setTimeout(resolve, cell.wait));
  const hasNext = cell.module === undefined || takesModules;
  const next = await settled(() => pool.run('fine', 1));
  const runs = readFileSync(log, 'latin1').split('\n').length - 1;
  const parts = [];
  if (outcome === 'pending') parts.push(next === 'pending' ? 'H!' : 'H');
  else {
    const wrong = cell.judge(outcome);
    if (wrong !== undefined) parts.push(`W ${wrong}`);
    if (next === 'pending') parts.push('next H');
  }
  // A new worker may load the same module and fail again, so only tasks are counted.
  if (runs > 1 && cell.module === undefined) parts.push(`R${runs}`);
  if (hasNext && next !== 'pending' && !(next.ok && next.value === 2)) parts.push('n+');
  if (crashes > 0) parts.push('C');
  verdict = parts.length === 0 ? 'ok' : parts.join(', ');
} catch (error) {
  verdict = `the pool could not be made: ${error?.message ?? error}`;
}
writeSync(3, JSON.stringify({ verdict }));
// A pool that keeps its program alive must not delay the table.
process.kill(process.pid, 'SIGKILL');
