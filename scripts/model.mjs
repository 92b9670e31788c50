// Runs the model-based tests with chosen parameters: npm run model -- --runs 10000 --seed 7 [--path 12:0:3]
// A failing run prints its seed and path, which replay it.
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { root } from './workspace.mjs';

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '10000' }, seed: { type: 'string' }, path: { type: 'string' } },
});
const env = { ...process.env, MODEL_RUNS: values.runs };
if (values.seed !== undefined) env.MODEL_SEED = values.seed;
if (values.path !== undefined) env.MODEL_PATH = values.path;
const files = ['packages/core/test/simulation.test.ts', 'packages/twinpool/test/faults/simulated/model.test.ts'];
const { status } = spawnSync('npx', ['vitest', 'run', ...files], { cwd: root, env, stdio: 'inherit' });
process.exitCode = status ?? 1;
