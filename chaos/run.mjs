// One run, in the process that main.mjs started for it: the load, the invariants, the figures.
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
  // What Node and the packages keep for the whole program is there before anything is counted.
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
// Nothing is to hold it: what would is found by main.mjs as a process, or was found by the run as a handle.
process.exit(context.report() ? 0 : 1);
