// Executes one run in the process that main.mjs started: the load, the invariants, the figures.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { ProcessPoolExecutor } from '@twinpool/executor';
import { Run } from './harness/run.mjs';
import { runs } from './runs/index.mjs';

const options = JSON.parse(process.argv[2]);
const { title, run } = runs[options.name];
const context = new Run(options);
console.log(`${options.name}: ${title}`);
console.log(`seed ${options.seed}${options.short ? ', short' : ''}; again with: npm run chaos -- ${options.name} --seed ${options.seed}`);
try {
  // Creates everything that Node and the packages keep for the whole program before the counting starts.
  const child = spawn(process.execPath, ['--version'], { stdio: ['ignore', 'pipe', 'ignore'] });
  child.stdout.resume();
  await once(child, 'close');
  await new ProcessPoolExecutor(1).shutdown();
  context.settledIn();
  await run(context);
} catch (error) {
  context.expect(false, `the run itself failed: ${error?.stack ?? String(error)}`);
}
await context.finish();
// Exits in any case: main.mjs finds leaked processes, and the run has found leaked handles.
process.exit(context.report() ? 0 : 1);
