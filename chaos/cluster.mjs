// npm run chaos:cluster -- [NAME ...] [--times N] [--tasks N] [--minutes N] [--fsync everysec|always] [--engine redis|postgres]
// Runs scenarios of a cluster on a real engine (default: Redis): lost nodes, a lost engine, poison, missed events, and others (cluster/scenarios.mjs).
// Without a name: all but `soak`, which takes `--minutes` (30). `--fsync` is for `restart`.
// Prints one JSON line per run, and exits with 1 if a gate did not hold. `stalled` is the longest time in milliseconds for which this program did not
// run: a run with a long one says little. It does not know what a scenario does.
import { parseArgs } from 'node:util';
import { scenarios } from './cluster/scenarios.mjs';
import { Site, stalls } from './cluster/site.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    times: { type: 'string' },
    tasks: { type: 'string' },
    minutes: { type: 'string' },
    fsync: { type: 'string' },
    engine: { type: 'string', default: 'redis' },
  },
});
Site.engineKind = values.engine;
const names = positionals.length === 0 ? Object.keys(scenarios).filter((name) => name !== 'soak') : positionals;
const unknown = names.filter((name) => !Object.hasOwn(scenarios, name));
if (unknown.length > 0) {
  console.error(`there is no scenario ${unknown.join(', ')}; there are ${Object.keys(scenarios).join(', ')}`);
  process.exit(2);
}
const { tasks, minutes, fsync } = values;
const options = {
  ...(tasks === undefined ? {} : { tasks: Number(tasks) }),
  ...(minutes === undefined ? {} : { minutes: Number(minutes) }),
  ...(fsync === undefined ? {} : { fsync }),
};
for (const name of names) {
  for (let time = 0; time < Number(values.times ?? 1); time++) {
    const from = performance.now();
    const longestStall = stalls();
    const result = await scenarios[name](options).catch((error) => ({ ok: false, error: `${error.stack}` }));
    const stalled = longestStall();
    console.log(JSON.stringify({ scenario: name, ...result, stalled, seconds: Math.round((performance.now() - from) / 100) / 10 }));
    if (!result.ok) process.exitCode = 1;
  }
}
