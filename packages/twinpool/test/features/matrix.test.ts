/**
 * The matrix of features: each feature of features.ts × {bad value, misspelled option, option on a borrowed runtime, lost worker, abort, terminate(), each
 * other feature on} × both facades × both kinds of workers. A pair of features is tried with one of the four classes, a feature with two of them, or
 * both with all of them with MATRIX=all (`npm run test:all`).
 */
import { makeGate, outcome, within } from '@twinpool/testkit';
import { describe, isLong, it } from '@twinpool/testkit/sample';
import { OptionsError, WorkerRuntime } from 'twinpool';
import { expect, onTestFinished } from 'vitest';
import { exit, stay, surroundings, waitForAbort } from '../fixtures/features/tasks.mjs';
import { FACADES, type Facade } from './facades.ts';
import { FEATURES, type Feature, type Trial, WORKERS } from './features.ts';

describe.each(FACADES)('$name', ({ name: own, kind, isPool, open }) => {
  const features = FEATURES.filter(
    ({ isForProcesses = false, isForPools = false }) => (kind === 'process' || !isForProcesses) && (isPool || !isForPools),
  );
  const allPairs = features.flatMap((one, at) => features.slice(at + 1).map((other) => ({ one, other })));
  const turn = FACADES.findIndex(({ name }) => name === own);
  const pairs = allPairs.filter((_, at) => isLong || at % FACADES.length === turn);
  const tried = features.filter((feature) => isLong || (FEATURES.indexOf(feature) + turn) % 2 === 0);

  function opened(...on: Feature[]): { facade: Facade; trial: Trial; end: () => Promise<void> } {
    const trial = { kind, gate: makeGate() };
    const facade = open(WORKERS, Object.assign({ killGrace: 2_000 }, ...on.map(({ options }) => options(trial))));
    onTestFinished(() => facade.terminate());
    const end = async () => {
      const lived = (await facade.broadcast(surroundings, [0])).map(({ workerId }) => workerId);
      await within(facade.close());
      expect(facade.stats()).toMatchObject({ workers: 0, retiring: 0, queued: 0, running: 0 });
      for (const { proveEnd } of on) proveEnd?.(trial, lived);
    };
    return { facade, trial, end };
  }

  const values = features.flatMap(({ name, bad }) => bad.map(([options, path]) => ({ name, options, path })));
  it.each(values)('refuses a bad value of $name: $options', ({ options, path }) => {
    const attempt = () => open(WORKERS, options);
    expect(attempt).toThrow(OptionsError);
    // What was expected and what came; `finalargs` alone came without the other option.
    expect(attempt).toThrow(new RegExp(`${path}[\\s\\S]*(got |does not exist|without)|${path}.*(more than|at most|finalizer)`));
  });

  const ofCalls = features.flatMap(({ name, badOfCall = [] }) => badOfCall.map(([options, path]) => ({ name, options, path })));
  it.each(ofCalls)('refuses a bad value of $name in a call: $options', async ({ options, path }) => {
    const refused = await outcome(opened().facade.mapWith?.(surroundings, [0], options) as Promise<unknown>);
    expect(refused).toMatchObject({
      ok: false,
      error: { name: 'OptionsError', message: expect.stringMatching(`${path}: expected .*, got `) },
    });
  });

  it.each(features.filter(({ misspelledOfCall }) => misspelledOfCall !== undefined))(
    'refuses a misspelled option of $name in a call',
    async ({ misspelledOfCall }) => {
      const [wrong, right] = misspelledOfCall as [string, string];
      const refused = await outcome(opened().facade.mapWith?.(surroundings, [0], { [wrong]: 1 }) as Promise<unknown>);
      expect(refused).toMatchObject({ ok: false, error: { name: 'OptionsError', message: expect.stringContaining(right) } });
    },
  );

  it.each(features.filter(({ misspelled }) => misspelled !== undefined))('refuses a misspelled option of $name', ({ misspelled }) => {
    const [wrong, right] = misspelled as [string, string];
    const attempt = () => open(WORKERS, { [wrong]: 1 });
    expect(attempt).toThrow(OptionsError);
    expect(attempt).toThrow(right);
  });

  it.each(features.filter(({ isOfWorkers = false }) => isOfWorkers))('refuses $name on a borrowed runtime', async ({ options }) => {
    const runtime = new WorkerRuntime({ kind, workers: 1 });
    const given = options({ kind, gate: makeGate() });
    expect(() => open(undefined, { ...given, runtime })).toThrow(OptionsError);
    expect(runtime.stats()).toMatchObject({ workers: 0 });
    await runtime.close();
  });

  it.each(tried)('$name works, survives a lost worker, and works on', async (feature) => {
    const { facade, trial, end } = opened(feature);
    await within(feature.prove(facade, trial));
    expect(await outcome(facade.call(exit, []))).toMatchObject({ ok: false, error: { name: 'WorkerLostError' } });
    expect(facade.stats()).toMatchObject({ lostWorkers: 1 });
    await within(feature.prove(facade, trial));
    await end();
  });

  it.each(tried)('$name works on after an abort', async (feature) => {
    const { facade, trial, end } = opened(feature);
    const controller = new AbortController();
    const gate = makeGate();
    const aborted = facade.call(waitForAbort, [gate.path], { signal: controller.signal });
    await gate.entered();
    controller.abort();
    expect(await outcome(aborted)).toMatchObject({ ok: false, error: { name: 'CancelledError', cause: { name: 'AbortError' } } });
    await within(feature.prove(facade, trial));
    await end();
    expect(facade.stats()).toMatchObject({ lostWorkers: 0 });
  });

  it.each(tried)('$name: terminate() settles what runs, once, and leaves no worker', async (feature) => {
    const { facade, trial } = opened(feature);
    await within(feature.prove(facade, trial));
    const gate = makeGate();
    const settlements: string[] = [];
    const running = facade.call(stay, [gate.path]).then(
      () => settlements.push('value'),
      (error: Error) => settlements.push(error.name),
    );
    await gate.entered();
    await within(facade.terminate());
    await running;
    expect(settlements).toEqual([expect.stringMatching(/^(PoolTerminated|BrokenProcessPool|BrokenThreadPool)Error$/)]);
    expect(facade.stats()).toMatchObject({ workers: 0, retiring: 0, running: 0, queued: 0 });
    const ends = trial.gate.labels();
    expect(new Set(ends).size).toBe(ends.length);
    expect(await outcome(new Promise((resolve) => resolve(facade.call(stay, [gate.path]))))).toMatchObject({ ok: false });
  });

  it.each(pairs)('$one.name together with $other.name', async ({ one, other }) => {
    const { facade, trial, end } = opened(one, other);
    for (const feature of [one, other, one]) await within(feature.prove(facade, trial));
    await end();
  });
});
