// Question `startup-processes`: measures whole programs with worker processes.
import { program } from '../harness/program.mjs';
import { wall } from '../harness/units.mjs';

export default {
  name: 'startup-processes',
  asks: 'a whole program: a pool of 2 worker processes, one task, exit',
  of: 'twinpool',
  metrics: wall,
  contenders: {
    twinpool: program('twinpool', 'process'),
    'twinpool, function passed': program('twinpool-function', 'process'),
    tinypool: program('tinypool', 'child_process'),
    workerpool: program('workerpool', 'process'),
    poolifier: program('poolifier', 'cluster'),
    'jest-worker': program('jest-worker', 'process'),
    'bare fork': program('bare-fork'),
    'bound: processes first': program('processes-first'),
  },
  goals: [{ text: '<= 1.15 x a bare fork', metric: 'wall', over: ['bare fork'], atMost: 1.15 }],
};
