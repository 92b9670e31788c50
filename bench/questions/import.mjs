// Question `import`: measures the import of each package in a new program.
import { imported } from '../harness/program.mjs';

const packages = ['@twinpool/pool', '@twinpool/executor', 'piscina', 'tinypool', 'workerpool', 'poolifier', 'jest-worker'];

export default {
  name: 'import',
  asks: 'how long the import takes in a fresh program',
  of: '@twinpool/pool',
  metrics: { load: { label: 'import', unit: 'ms', better: 'lower' } },
  contenders: Object.fromEntries(packages.map((name) => [name, imported(name)])),
  goals: [
    { text: '<= 40 ms', metric: 'load', atMost: 40 },
    { text: '<= 1.4 x piscina', metric: 'load', over: ['piscina'], atMost: 1.4 },
  ],
};
