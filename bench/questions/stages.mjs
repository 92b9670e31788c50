// Question `stages`: measures the stages of one task, and the same stages in bare loops over the same transports.
import { clock, openBareBlocking, wireCost } from '../harness/layers.mjs';
import { burstOnce } from '../harness/measures.mjs';
import { scaled } from '../harness/scale.mjs';
import { percentile } from '../harness/statistics.mjs';
import { openBareFork, openBareThreads } from '../peers/peers.mjs';
import { openExecutor } from '../peers/twinpool.mjs';
import { increment, stamp } from '../tasks/tasks.mjs';

const ONE_BY_ONE = scaled(3_000);
const AT_ONCE = scaled(50_000);

/** Medians in µs of the intervals between the times (in ns) that `once` returns for one task. */
async function intervals(names, once) {
  const series = names.map(() => new Float64Array(ONE_BY_ONE));
  for (let i = 0; i < ONE_BY_ONE; i++) {
    const moments = await once();
    for (let stage = 0; stage < names.length; stage++) series[stage][i] = (moments[stage + 1] - moments[stage]) / 1_000;
  }
  return Object.fromEntries(names.map((name, stage) => [name, percentile(series[stage].sort(), 0.5)]));
}

/** The stages of our task: it begins, its done-callback runs, the program continues after `await`. A worker may begin before `submit` returns. */
async function ours(executor) {
  const calls = new Float64Array(ONE_BY_ONE);
  let at = 0;
  const way = await intervals(['there', 'back', 'resumed'], async () => {
    const given = clock();
    const future = executor.submit(stamp);
    calls[at++] = (clock() - given) / 1_000;
    let settled;
    future.addDoneCallback(() => {
      settled = clock();
    });
    const began = await future;
    return [given, began, settled, clock()];
  });
  return { call: percentile(calls.sort(), 0.5), ...way };
}

function bare(names, run) {
  return intervals(names, async () => {
    const given = clock();
    const began = await run();
    return [given, began, clock()];
  });
}

/** µs per call of `submit` for many tasks in one turn of the event loop, and µs per task until all results are ready. */
async function burst(executor) {
  let calls = 0;
  const run = (i) => {
    const future = executor.submit(increment, i);
    calls = i === AT_ONCE - 1 ? performance.now() - started : calls;
    return future;
  };
  const started = performance.now();
  const whole = await burstOnce(run, AT_ONCE);
  return { manyCalls: (calls * 1_000) / AT_ONCE, many: (whole * 1_000) / AT_ONCE };
}

/** µs per promise for the same number of promises that are made, settled and awaited, without workers. */
async function promises() {
  const settle = [];
  const started = performance.now();
  const all = Array.from({ length: AT_ONCE }, () => new Promise((resolve) => settle.push(resolve)));
  for (let i = 0; i < AT_ONCE; i++) settle[i](i);
  await Promise.all(all);
  return ((performance.now() - started) * 1_000) / AT_ONCE;
}

function contender(kind) {
  return async () => {
    const executor = await openExecutor(kind);
    const blocking = await openBareBlocking(kind);
    const loop = await (kind === 'thread' ? openBareThreads('stamp') : openBareFork('stamp'));
    const round = async () => {
      const way = await ours(executor);
      const bareBlocking = await bare(['bareThere', 'bareBack'], blocking.run);
      const bareLoop = await bare(['loopThere', 'loopBack'], loop.run);
      return {
        ...way,
        ...bareBlocking,
        ...bareLoop,
        wire: wireCost(kind, ONE_BY_ONE),
        ...(await burst(executor)),
        promise: await promises(),
      };
    };
    return { round, close: () => Promise.all([executor.shutdown(), blocking.close(), loop.close()]) };
  };
}

const µs = (label) => ({ label, unit: 'µs', better: 'lower', alone: true });

export default {
  name: 'stages',
  asks: 'where the time of one task goes, one task at a time, compared with bare loops over the same transports; and what one of many costs',
  of: 'threads',
  picture: 'budget',
  metrics: {
    there: µs('submitted, message made, sent, received: the task begins'),
    back: µs('answer made, sent, received; the future settles'),
    resumed: µs('`await` goes on'),
    call: µs('of which the call of `submit` itself'),
    bareThere: µs('bare, worker blocking: there'),
    bareBack: µs('bare, worker blocking: back'),
    loopThere: µs('bare, worker in its event loop: there'),
    loopBack: µs('bare, worker in its event loop: back'),
    wire: µs('both messages written and read in one thread'),
    manyCalls: µs('one of 50 000 calls of `submit`'),
    many: µs('one of 50 000 tasks, submit to result'),
    promise: µs('one of 50 000 promises alone'),
  },
  contenders: { threads: contender('thread'), processes: contender('process') },
  goals: [],
};
