// Tries the features of tinypool.
import { Tinypool } from 'tinypool';
import * as observe from './observe.mjs';
import { piscinaLike } from './piscina-like.mjs';

const { open, runner, probes: shared } = piscinaLike(Tinypool, 'tinypool-setup.mjs');

export const probes = {
  ...shared,
  teardown: async (log) => {
    const pool = open({ teardown: 'teardown' });
    await pool.run({ log }, { name: 'setup' });
    await pool.destroy();
    return observe.textOf(log);
  },
  recycle: () => observe.recycle(runner(open({ isolateWorkers: true }))),
};
