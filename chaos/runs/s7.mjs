// S7: kills the program in every state of its workers.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { percentile } from '../harness/figures.mjs';
import { MARK, markedProcesses } from '../harness/processes.mjs';
import { pause } from '../harness/waiting.mjs';

const WAYS = ['idle', 'async', 'loop', 'native', 'stopped'];
/** ms. */
const GONE_WITHIN = 3000;

export const title = 'programs killed by SIGKILL at any moment, their workers idle, waiting, in a loop, in a system call, or stopped';
export const seconds = 600;

export async function run(run) {
  const count = run.tasks ?? (run.short ? 5 : 200);
  const random = run.random(5);
  const file = fileURLToPath(new URL('../tasks/parent.mjs', import.meta.url));
  const times = Object.fromEntries(WAYS.map((way) => [way, []]));
  run.settledIn();
  for (let i = 0; i < count && !run.isOver; i++) {
    const way = WAYS[i % WAYS.length];
    const mark = `${process.pid}.s7.${i}`;
    const child = spawn(process.execPath, [file, way], { stdio: ['ignore', 'pipe', 'ignore'], env: { ...process.env, [MARK]: mark } });
    const isUp = new Promise((resolve) => child.stdout.once('data', resolve));
    const ended = new Promise((resolve) => child.once('exit', resolve));
    // A third of the programs are killed while they start.
    if (random() < 0.33) await pause(250 * random());
    else {
      await isUp;
      await pause(50 * random());
    }
    child.kill('SIGKILL');
    child.stdout.destroy();
    await ended;
    const began = performance.now();
    while (markedProcesses(mark).length > 0 && performance.now() - began < GONE_WITHIN * run.slack) await pause(5);
    times[way].push(performance.now() - began);
    for (const { pid, command } of markedProcesses(mark)) {
      run.expect(false, `${way}: a worker outlived its program by 3 s`, `${pid} ${command}`);
      process.kill(pid, 'SIGKILL');
    }
  }
  for (const way of WAYS)
    run.figure(
      `${way}: gone after`,
      `p50 ${percentile(times[way], 0.5).toFixed(0)}, max ${percentile(times[way], 1).toFixed(0)} ms (of ${times[way].length})`,
    );
}
