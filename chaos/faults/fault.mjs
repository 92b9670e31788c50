// Runs one fault in one pool, in a separate process, and judges the task, the next task and the program. Writes one JSON line to descriptor 3.
import { readFileSync, writeFileSync, writeSync } from 'node:fs';
import { contenders } from './contenders.mjs';
import { faults } from './faults.mjs';

const [name, row, log] = process.argv.slice(2);
const { kind, open, takesModules } = contenders[name];
const fault = faults[Number(row)];
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

const module = fault.module ?? 'tasks.mjs';
const argument = fault.argument ?? (fault.module === undefined ? log : 1);
writeFileSync(log, '');
process.env.FAULTS_LOG = log;
let verdict;
try {
  const pool = await open({
    module: takesModules ? 'tasks.mjs' : module,
    // MB. The stack is larger, so that a worker can send values that the program cannot read.
    stack: fault.stack === true && kind === 'process',
    heap: fault.heap,
  });
  if (fault.module === undefined) await settled(() => pool.run('fine', 1));
  const limit = fault.limit;
  const running = settled(() => pool.run(fault.task, argument, module, limit));
  const behind = fault.isFollowed ? settled(() => pool.run('fine', 1)) : undefined;
  const outcome = await running;
  if (fault.wait !== undefined) await new Promise((resolve) => setTimeout(resolve, fault.wait));
  const hasNext = fault.module === undefined || takesModules;
  const next = behind === undefined ? await settled(() => pool.run('fine', 1)) : await behind;
  const runs = readFileSync(log, 'latin1').split('\n').length - 1;
  const parts = [];
  if (outcome === 'pending') parts.push(next === 'pending' ? 'H!' : 'H');
  else {
    const wrong = fault.judge(outcome);
    if (wrong !== undefined) parts.push(`W ${wrong}`);
    if (next === 'pending') parts.push('next H');
  }
  // A new worker may load the same module and fail again, so only tasks are counted.
  if (runs > 1 && fault.module === undefined) parts.push(`R${runs}`);
  if (hasNext && next !== 'pending' && !(next.ok && next.value === 2)) parts.push('n+');
  if (crashes > 0) parts.push('C');
  verdict = parts.length === 0 ? 'ok' : parts.join(', ');
} catch (error) {
  verdict = `the pool could not be made: ${error?.message ?? error}`;
}
writeSync(3, JSON.stringify({ verdict }));
// A pool that keeps its program alive must not delay the table.
process.kill(process.pid, 'SIGKILL');
