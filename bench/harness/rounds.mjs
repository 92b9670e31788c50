// Measures one question: every contender runs in its own process, all at the same time, and they measure in turn (A B C A B C ...), so that other
// load on the machine affects all of them equally. The first round warms up, with less work if a contender has a `warm`, and is discarded.
import { startBusy } from './busy.mjs';
import { Remote } from './remote.mjs';
import { judgeAll, ratio, summary } from './statistics.mjs';

const ROUND_LIMIT = 120_000;
const root = new URL('../../', import.meta.url).pathname;

/** Calls `onStep(text)` at each step. `node`: the path of the Node of the contenders. `question.busy`: the number of busy processes beside all rounds. A contender that fails is left out, with the reason in `failed`. */
export async function measure(question, { rounds, onStep, node }) {
  const remotes = new Map();
  const figures = new Map();
  const failed = {};
  const drop = (name, error) => {
    // Results are published, so the path of this checkout is removed.
    failed[name] = error.message.replaceAll(root, '');
    remotes.delete(name);
    figures.delete(name);
  };
  for (const name of Object.keys(question.contenders)) {
    onStep(`starts ${name}`);
    try {
      remotes.set(name, await Remote.start(question, name, node));
      figures.set(name, []);
    } catch (error) {
      drop(name, error);
    }
  }
  const busy = await startBusy(question.busy ?? 0);
  for (let round = 0; round <= rounds; round++) {
    for (const [name, remote] of [...remotes]) {
      onStep(`${round === 0 ? 'warms up' : `round ${round} of ${rounds}`}: ${name}`);
      try {
        const metrics = await remote.round(round === 0 ? 'warm' : 'round', question.limit ?? ROUND_LIMIT);
        if (round > 0) figures.get(name).push(metrics);
      } catch (error) {
        drop(name, error);
      }
    }
  }
  onStep('ends');
  await busy.end();
  await Promise.all([...remotes.values()].map((remote) => remote.end()));
  return evaluate(question, figures, failed);
}

function evaluate(question, figures, failed) {
  const measured = {};
  for (const [name, rounds] of figures) {
    measured[name] = {};
    for (const metric of Object.keys(question.metrics)) {
      if (rounds[0]?.[metric] !== undefined) measured[name][metric] = summary(rounds.map((figure) => figure[metric]));
    }
  }
  const ratios = {};
  for (const metric of Object.keys(question.metrics)) {
    if (question.metrics[metric].alone) continue;
    ratios[metric] = Object.fromEntries(
      Object.keys(measured).map((name) => [name, ratio(question, measured, metric, question.of, [name])]),
    );
  }
  return { measured, ratios, goals: judgeAll(question, measured), failed };
}
