// Question `startup-threads`: measures whole programs with worker threads.
import { program } from '../harness/program.mjs';
import { wall } from '../harness/units.mjs';

export default {
  name: 'startup-threads',
  asks: 'a whole program: a pool of 2 worker threads, one task, exit',
  of: 'twinpool',
  metrics: wall,
  contenders: {
    twinpool: program('twinpool', 'thread'),
    'twinpool, function passed': program('twinpool-function', 'thread'),
    piscina: program('piscina'),
    tinypool: program('tinypool', 'worker_threads'),
    workerpool: program('workerpool', 'thread'),
    poolifier: program('poolifier', 'thread'),
    'jest-worker': program('jest-worker', 'thread'),
    'bare threads': program('bare-threads'),
    'bound: threads first': program('threads-first'),
  },
  goals: [{ text: '<= 1.1 x piscina', metric: 'wall', over: ['piscina'], atMost: 1.1 }],
};
