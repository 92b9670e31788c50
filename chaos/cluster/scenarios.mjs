// The scenarios of a cluster, each on a site of its own. A scenario returns what it counted, and `ok`: whether its gate holds.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ProcessPoolExecutor } from '@twinpool/executor';
import { Pool } from '@twinpool/pool';
import { slopeOf } from '../../bench/harness/statistics.mjs';
import { makeNetworks } from './networks.mjs';
import { Site, watch } from './site.mjs';
import * as tasks from './tasks.mjs';

const range = (n) => Array.from({ length: n }, (_, i) => i);
const none = ({ lost, wrong, settledTwice }) => lost + wrong + settledTwice === 0;
/** Milliseconds within which all tasks of a lost node have settled: twice its lock, and a half second. */
const RECOVERY = 4500;
/** A node is replaced at the end of each part of a soak but the last. */
const SOAK_PARTS = 6;
const percentile = (list, p) => [...list].sort((a, b) => a - b)[Math.floor(list.length * p)];

/** The data of a job with one run. */
const jobOf = (run) => ({
  v: 1,
  runs: [{ parsed: false, ...run }],
  session: '',
  retries: 2,
  workerRetries: 0,
  timeout: null,
  reports: false,
  grace: 10,
});

/** Two nodes and a client. */
async function cluster(options = {}, site = undefined) {
  const own = site ?? (await Site.open());
  const nodes = [await own.node(options.node), await own.node(options.node)];
  const runtime = await own.connect({ minNodes: 2, ...options.client });
  return { site: own, nodes, runtime, executor: new ProcessPoolExecutor({ runtime }) };
}

async function throughput({ tasks: n = 1_000_000 } = {}) {
  const { site, runtime } = await cluster();
  const pool = new Pool({ runtime });
  const rates = {};
  let wrong = 0;
  await pool.map(tasks.square, range(1000));
  for (const chunksize of [undefined, 256, 1024]) {
    const input = range(n);
    const from = performance.now();
    const results = await pool.map(tasks.square, input, chunksize === undefined ? {} : { chunksize });
    rates[chunksize ?? 'auto'] = Math.round(n / (performance.now() - from));
    for (let i = 0; i < n; i++) if (results[i] !== i * i) wrong += 1;
  }
  const keys = await site.end();
  return { wrong, keys, thousandPerSecond: rates, rss: process.memoryUsage.rss() >> 20, ok: wrong === 0 && rates.auto >= 150 };
}

async function submits({ tasks: n = 50_000 } = {}) {
  const { site, executor } = await cluster();
  await executor.submit(tasks.square, 1);
  const single = [];
  for (let i = 0; i < 300; i++) {
    const from = performance.now();
    await executor.submit(tasks.square, i);
    single.push(performance.now() - from);
  }
  const from = performance.now();
  const futures = range(n).map((i) => executor.submit(tasks.square, i));
  const counts = await watch(futures, (i) => i * i)();
  const rate = Math.round(n / (performance.now() - from));
  const keys = await site.end();
  const trip = { p50: percentile(single, 0.5), p95: percentile(single, 0.95) };
  return { ...counts, keys, thousandPerSecond: rate, roundTrip: trip, ok: none(counts) && rate >= 20 };
}

/** Resolves with the milliseconds until all of these futures that are in the engine now have settled. */
async function recovered(futures) {
  const from = performance.now();
  await Promise.allSettled(futures.filter((future) => future.running()));
  return Math.round(performance.now() - from);
}

/** A node is killed at 30 %. */
async function kill({ tasks: n = 500 } = {}) {
  const { site, nodes, executor } = await cluster();
  const futures = range(n).map((i) => executor.submit(tasks.noted, site.sideFile(), i, 20));
  const end = watch(futures, (i) => i * i);
  await site.until(() => site.lines().length >= n * 0.3);
  nodes[0].child.kill('SIGKILL');
  const recovery = await recovered(futures);
  const counts = await end();
  const executions = site.lines().length;
  const keys = await site.end();
  const isRight = executions <= n + 4 && recovery <= RECOVERY;
  return { ...counts, executions, recovery, keys, ok: none(counts) && counts.failed === 0 && isRight };
}

/** The engine dies in the middle, and comes back after 1.5 s. */
async function restart({ tasks: n = 300, fsync = 'everysec' } = {}) {
  const site = await Site.open({ append: fsync });
  const { executor } = await cluster({}, site);
  const futures = range(n).map((i) => executor.submit(tasks.noted, site.sideFile(), i, 10));
  const end = watch(futures, (i) => i * i);
  await site.until(() => site.lines().length >= n * 0.3);
  await site.engine.crash();
  await sleep(1500);
  await site.engine.restart();
  const up = performance.now();
  const before = futures.filter((future) => future.done()).length;
  await site.until(() => futures.filter((future) => future.done()).length > before);
  const firstResult = Math.round(performance.now() - up);
  const counts = await end();
  const executions = site.lines().length;
  const keys = await site.end();
  return { ...counts, executions, firstResult, keys, ok: none(counts) && counts.failed === 0 && firstResult <= 3000 };
}

/** The engine stays away. */
async function engineDown() {
  const { site, executor } = await cluster({ client: { engineTimeout: 2000 } });
  const futures = range(20).map((i) => executor.submit(tasks.noted, site.sideFile(), i, 200));
  await site.until(() => site.lines().length >= 2);
  await site.engine.crash();
  const from = performance.now();
  const counts = await watch(futures, (i) => i * i)(20_000);
  const took = Math.round(performance.now() - from);
  const late = await executor.submit(tasks.square, 3).exception();
  await site.engine.restart();
  await site.node();
  await site.until(() =>
    executor.submit(tasks.square, 3).then(
      (x) => x === 9,
      () => false,
    ),
  );
  const keys = await site.end();
  const isRight = counts.lost === 0 && counts.codes.ERR_TWINPOOL_ENGINE_DOWN > 0 && late?.code === 'ERR_TWINPOOL_ENGINE_DOWN';
  return { ...counts, took, keys, ok: isRight && took < 5000 };
}

/** (a) a task ends its worker, (b) a task ends its node, again and again. */
async function poison() {
  const { site, executor, nodes } = await cluster();
  const from = performance.now();
  const error = await executor.submit(tasks.exitWorker).exception();
  const worker = {
    code: error?.code,
    ms: Math.round(performance.now() - from),
    isAlive: nodes.every(({ child }) => child.exitCode === null),
  };
  let deaths = 0;
  let isOver = false;
  const supervise = async (node) => {
    await node.exited;
    if (isOver) return;
    deaths += 1;
    await supervise(await site.node());
  };
  const supervised = Promise.allSettled(nodes.map(supervise));
  const bad = executor.submit(tasks.killNode, site.sideFile('kills'));
  const futures = range(100).map((i) => executor.submit(tasks.noted, site.sideFile(), i, 5));
  const counts = await watch(futures, (i) => i * i)();
  const lost = await bad.exception();
  isOver = true;
  const node = { code: lost?.code, deaths, kills: site.lines('kills').length };
  const keys = await site.end();
  await supervised;
  const isRight =
    worker.code === 'ERR_TWINPOOL_WORKER_LOST' && worker.isAlive && node.code === 'ERR_TWINPOOL_NODE_LOST' && node.kills === 3;
  return { ...counts, worker, node, keys, ok: none(counts) && counts.failed === 0 && isRight };
}

/**
 * A node is stopped for 6 s with a job, and goes on: its late result is refused. A job that is stored three times runs once, and so does a long computation.
 */
async function freeze() {
  const { site, nodes, executor } = await cluster();
  const futures = range(40).map((i) => executor.submit(tasks.noted, site.sideFile(), i, 100));
  const end = watch(futures, (i) => i * i);
  await site.until(() => site.lines().length >= 6);
  nodes[0].child.kill('SIGSTOP');
  await sleep(6000);
  nodes[0].child.kill('SIGCONT');
  const counts = await end();
  const executions = site.lines().length;
  // A task that ran again was in the stopped node: its late result is refused. Then the lock is another node's, or the client has removed the record.
  await site.until(
    () => executions === 40 || /locks lost|Missing (key|lock) for job|Lock mismatch|not in the active/.test(nodes[0].stderr()),
  );
  const queue = site.openQueue();
  const data = jobOf({ fn: 'noted', count: 1, lists: true, arity: 3, items: `j${JSON.stringify([site.sideFile('again'), 1, 5])}` });
  for (let i = 0; i < 3; i++) await queue.add('noted', data, { jobId: 'cagain_1' });
  await site.until(async () => (await queue.getJobState('cagain_1')) === 'completed');
  await queue.add('noted', data, { jobId: 'cagain_1' });
  await queue.obliterate({ force: true });
  await queue.close();
  await executor.submit(tasks.compute, site.sideFile('long'), 6000);
  const begins = site.lines('long').filter((line) => line.startsWith('begin')).length;
  const again = site.lines('again').length;
  const keys = await site.end();
  const isRight = begins === 1 && again === 1 && executions <= 42;
  return { ...counts, executions, begins, again, keys, ok: none(counts) && counts.failed === 0 && isRight };
}

/** Two nodes in network namespaces of their own; the link of one is cut for 5 s while it runs tasks. */
async function partition({ tasks: n = 120 } = {}) {
  const networks = makeNetworks();
  if (networks === undefined) return { skipped: 'network namespaces need root and `ip`', ok: true };
  try {
    const site = await Site.open({ host: networks.host });
    await Promise.all(networks.prefixes.map((prefix) => site.node([], prefix)));
    const executor = new ProcessPoolExecutor({ runtime: await site.connect({ minNodes: 2 }) });
    const futures = range(n).map((i) => executor.submit(tasks.noted, site.sideFile(), i, 100));
    const end = watch(futures, (i) => i * i);
    await site.until(() => site.lines().length >= n * 0.2);
    networks.cut(0);
    const before = futures.filter((future) => future.done()).length;
    const recovering = recovered(futures);
    await sleep(5000);
    const meanwhile = futures.filter((future) => future.done()).length - before;
    networks.heal(0);
    const counts = await end();
    const executions = site.lines().length;
    const from = performance.now();
    const again = range(20).map((i) => executor.submit(tasks.noted, site.sideFile('after'), i, 100));
    await Promise.all(again);
    const after = Math.round(performance.now() - from);
    const recovery = await recovering;
    const keys = await site.end();
    const isRight = meanwhile > 20 && executions <= n + 4 && recovery <= RECOVERY;
    return { ...counts, executions, recovery, meanwhile, after, keys, ok: none(counts) && counts.failed === 0 && isRight };
  } finally {
    networks.end();
  }
}

/** Events are trimmed all the time, so most are missed. */
async function events({ tasks: n = 2000 } = {}) {
  const { site, executor } = await cluster();
  const queue = site.openQueue();
  await queue.waitUntilReady();
  let isOver = false;
  const trim = (async () => {
    while (!isOver) {
      await queue.trimEvents(0);
      await sleep(1);
    }
  })();
  const futures = range(n).map((i) => executor.withOptions({ onReport: () => undefined }).submit(tasks.square, i));
  const counts = await watch(futures, (i) => i * i)();
  isOver = true;
  await trim;
  await queue.close();
  const keys = await site.end();
  return { ...counts, keys, ok: none(counts) && counts.failed === 0 };
}

async function cancel() {
  const { site, executor } = await cluster();
  const running = range(2).map(() => executor.submit(tasks.compute, site.sideFile('long'), 60_000));
  await site.until(() => site.lines('long').length === 2);
  const futures = range(1000).map((i) => executor.submit(tasks.noted, site.sideFile(), i, 0));
  await sleep(50);
  const sent = futures.filter((future) => future.running()).length;
  const from = performance.now();
  const cancelled = futures.filter((future) => future.cancel()).length;
  const cancelling = Math.round(performance.now() - from);
  const at = performance.now();
  await executor.terminateWorkers();
  const rejected = Math.round(performance.now() - at);
  const states = await Promise.all(
    [...running, ...futures].map((future) =>
      future.exception().then(
        (error) => error !== undefined,
        () => true,
      ),
    ),
  );
  const other = new ProcessPoolExecutor({ runtime: await site.connect() });
  const value = await other.submit(tasks.square, 9);
  const freed = Math.round(performance.now() - at);
  const executions = site.lines().length;
  const keys = await site.end();
  const isRight = cancelled === 1000 - sent && states.every(Boolean) && value === 81 && executions === 0;
  return { sent, cancelled, cancelling, rejected, freed, executions, keys, ok: isRight && cancelling <= 500 };
}

async function backpressure() {
  const { site, runtime } = await cluster();
  const pool = new Pool({ runtime });
  let pulled = 0;
  const endless = (function* () {
    for (;;) yield pulled++;
  })();
  const queue = site.openQueue();
  let most = 0;
  let taken = 0;
  for await (const _ of pool.imap(tasks.square, endless)) {
    taken += 1;
    if (taken % 2000 === 0) {
      const { waiting = 0, active = 0, prioritized = 0 } = await queue.getJobCounts('waiting', 'active', 'prioritized');
      most = Math.max(most, waiting + active + prioritized);
    }
    if (taken >= 50_000) break;
  }
  await queue.close();
  const ahead = pulled - taken;
  const keys = await site.end();
  const lonely = await Site.open();
  const alone = new ProcessPoolExecutor({ runtime: await lonely.connect({ noWorkersTimeout: 1500 }) });
  const from = performance.now();
  const error = await alone.submit(tasks.square, 1).exception();
  const waited = Math.round(performance.now() - from);
  await lonely.end();
  const isRight = error?.code === 'ERR_TWINPOOL_NO_WORKERS' && waited >= 1400 && waited <= 3500;
  return { most, ahead, waited, keys, ok: most <= 256 && isRight };
}

/** Both nodes are replaced under load: each is drained, and another one takes its place. */
async function rolling({ tasks: n = 600 } = {}) {
  const { site, nodes, executor } = await cluster();
  const futures = range(n).map((i) => executor.submit(tasks.noted, site.sideFile(), i, 10));
  const end = watch(futures, (i) => i * i);
  const exits = [];
  for (const node of nodes) {
    const before = site.lines().length;
    await site.until(() => site.lines().length >= before + n / 5);
    await site.node();
    node.child.kill('SIGTERM');
    exits.push(await node.exited);
  }
  const counts = await end();
  const executions = site.lines().length;
  const keys = await site.end();
  return {
    ...counts,
    executions,
    exits,
    keys,
    ok: none(counts) && counts.failed === 0 && executions === n && exits.every((code) => code === 0),
  };
}

/** One life of a process, as its resident memory: a sample every two seconds. Linux only. */
function residentOf(pid) {
  const samples = [];
  const timer = setInterval(() => {
    try {
      const [, kib] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
      samples.push([performance.now() / 60_000, Number(kib) / 1024]);
    } catch {
      clearInterval(timer);
    }
  }, 2000);
  return {
    /** MiB at the start and at the end, and MiB per minute by least squares, both after `warmUp` minutes. */
    end: (warmUp) => {
      clearInterval(timer);
      const from = (samples[0]?.[0] ?? 0) + warmUp;
      const steady = samples.filter(([at]) => at >= from);
      return {
        from: Math.round(steady[0]?.[1]),
        to: Math.round(steady.at(-1)?.[1]),
        slope: steady.length < 2 ? undefined : Math.round(slopeOf(steady) * 100) / 100,
      };
    },
  };
}

/**
 * `map` and single tasks in turn for a long time, at a low load. One node stays; the other one is drained and replaced again and again. What the program and
 * the node that stays have resident must not grow after the first fifth of the time.
 */
async function soak({ minutes = 30 } = {}) {
  const { site, nodes, runtime, executor } = await cluster();
  const pool = new Pool({ runtime });
  const [stays, first] = nodes;
  const memory = { client: residentOf(process.pid), node: residentOf(stays.child.pid) };
  const until = performance.now() + minutes * 60_000;
  const out = { rounds: 0, tasks: 0, noted: 0, lost: 0, wrong: 0, settledTwice: 0, failed: 0 };
  const exits = [];
  const replacing = (async () => {
    let node = first;
    for (let time = 1; time < SOAK_PARTS; time++) {
      await sleep((minutes * 60_000) / SOAK_PARTS);
      const next = await site.node();
      node.child.kill('SIGTERM');
      exits.push(await node.exited);
      node = next;
    }
  })();
  while (performance.now() < until) {
    const results = await pool.map(tasks.square, range(5000));
    for (let i = 0; i < 5000; i++) if (results[i] !== i * i) out.wrong += 1;
    const futures = range(50).map((i) => (i < 5 ? executor.submit(tasks.noted, site.sideFile(), i, 5) : executor.submit(tasks.square, i)));
    const counts = await watch(futures, (i) => i * i)();
    for (const count of ['lost', 'wrong', 'settledTwice', 'failed']) out[count] += counts[count];
    out.rounds += 1;
    out.tasks += 5050;
    out.noted += 5;
    await sleep(150);
  }
  await replacing;
  const resident = { client: memory.client.end(minutes / 5), node: memory.node.end(minutes / 5) };
  const executions = site.lines().length;
  const keys = await site.end();
  const isRight = out.failed === 0 && executions === out.noted && exits.every((code) => code === 0);
  const isFlat = Object.values(resident).every(({ slope }) => slope <= 1);
  return { ...out, executions, exits, resident, keys, ok: none(out) && isRight && isFlat };
}

/** Names from the wire that are not tasks, and data that is not a job: none is run, and the node lives. */
async function fuzz() {
  const { site, executor, nodes } = await cluster();
  const queue = site.openQueue();
  const words = [
    '__proto__',
    'constructor',
    'toString',
    '../../x',
    'data:text/javascript,process.exit(1)',
    'file:///etc/passwd',
    'then',
    '',
  ];
  const names = [...words, ...range(200).map(() => Math.random().toString(36))];
  const jobs = names.map((fn, i) => ({
    name: fn,
    data: jobOf({ fn, count: 1, lists: false, arity: 0, parsed: i % 2 === 0, items: 'j[1]' }),
    opts: { jobId: `cfuzz_${i}` },
  }));
  await queue.addBulk([
    ...jobs,
    { name: 'x', data: { v: 9 }, opts: { jobId: 'cfuzz_bad' } },
    { name: 'x', data: null, opts: { jobId: 'cfuzz_null' } },
  ]);
  await site.until(async () => {
    const { completed = 0, failed = 0 } = await queue.getJobCounts('completed', 'failed');
    return completed + failed >= jobs.length + 2;
  });
  const records = await queue.getJobs(['completed'], 0, 1000);
  const answered = records.filter(({ returnvalue }) =>
    Buffer.from(returnvalue.values.slice(1), 'base64').includes('ERR_TWINPOOL_TASK_MODULE'),
  ).length;
  await queue.obliterate({ force: true });
  await queue.close();
  const value = await executor.submit(tasks.square, 4);
  const isAlive = nodes.every(({ child }) => child.exitCode === null);
  const keys = await site.end();
  return { names: names.length, answered, value, keys, ok: answered === names.length && value === 16 && isAlive };
}

export const scenarios = {
  throughput,
  submits,
  kill,
  restart,
  engineDown,
  poison,
  freeze,
  partition,
  events,
  cancel,
  backpressure,
  rolling,
  fuzz,
  soak,
};
