// npm run bench -- --help: what it takes.
// Measures the named questions (without a name all; `submit` means every question whose name begins so), prints one table per question, and writes
// the result and its chart. It does not know what a question measures.
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { keep } from './harness/keep.mjs';
import { load, machine, nodeAt, versions } from './harness/machine.mjs';
import { measure } from './harness/rounds.mjs';
import { table } from './harness/table.mjs';
import { titleOf } from './harness/variant.mjs';
import { giveFolder, givenNames } from './peers/given.mjs';

const HELP = `npm run bench -- [question...] [options]

Measures the named questions, without a name all of them. A name stands for each question that begins with it.

  --list             prints the questions
  --rounds N         rounds of each contender (default: 5); the result is the median
  --only NAME,...    contenders whose names contain one of these
  --scale X          multiplies the number of tasks of a round (default: 1)
  --node PATH,...    the Nodes that run the contenders (default: the one that runs this)
  --knitting DIR     the folder of a checkout of knitting, which joins the contenders
  --nestworker DIR   the folder of nestworker, which joins the contenders
  --json             prints the results as JSON, too
  --help             prints this text`;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '5' },
    only: { type: 'string' },
    scale: { type: 'string' },
    node: { type: 'string', multiple: true },
    ...Object.fromEntries(givenNames.map((name) => [name, { type: 'string' }])),
    json: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
if (options.help) {
  console.log(HELP);
  process.exit();
}
const rounds = Number(options.rounds);
if (!Number.isInteger(rounds) || rounds < 1) throw new RangeError(`--rounds: expected a whole number of 1 or more, got ${options.rounds}`);
// With it each program of Node 20 reads all certificates when it starts: 416 of the 516 million instructions of an empty one, for every contender.
delete process.env.NODE_EXTRA_CA_CERTS;
// Set before the questions are loaded, here and in the process of each contender: their sizes depend on it.
if (options.scale !== undefined) process.env.BENCH_SCALE = options.scale;
for (const name of givenNames) if (options[name] !== undefined) giveFolder(name, resolve(options[name]));
const { questions } = await import('./questions/index.mjs');
const { settings } = await import('./peers/settings.mjs');

const unknown = positionals.filter((name) => !questions.some((question) => question.name.startsWith(name)));
if (unknown.length > 0)
  throw new RangeError(`expected names of questions, got ${unknown.join(', ')}; there are ${questions.map(({ name }) => name).join(', ')}`);
const asked = questions.filter(({ name }) => positionals.length === 0 || positionals.some((start) => name.startsWith(start)));

/** The Nodes that run the contenders: that of this program, unless others are given. */
const nodes = (options.node ?? [process.execPath]).flatMap((paths) => paths.split(',')).map(nodeAt);

if (options.list) {
  for (const { name, asks } of asked) console.log(`${name}: ${asks}`);
} else {
  // Ctrl-C exits the program, and the 'exit' listener ends the process of every contender.
  process.on('SIGINT', () => process.exit(130)).on('SIGTERM', () => process.exit(143));
  const results = [];
  for (const question of asked) for (const node of nodes) results.push(await ask(question, node));
  if (options.json) console.log(JSON.stringify(results, undefined, 2));
}

async function ask(question, { path, version, variant }) {
  const contenders = Object.fromEntries(
    Object.entries(question.contenders).filter(
      ([name]) => options.only === undefined || options.only.split(',').some((part) => name.includes(part)),
    ),
  );
  const loadBefore = load();
  const started = performance.now();
  const outcome = await measure(
    { ...question, contenders },
    { rounds, node: path, onStep: (step) => progress(`${titleOf({ question: question.name, variant })}: ${step}`) },
  );
  progress('');
  const { name, asks, of, metrics, picture } = question;
  const result = {
    question: name,
    variant,
    asks,
    of,
    date: new Date().toISOString(),
    machine: { ...machine(), load: [loadBefore, load()] },
    versions: versions(version),
    settings,
    rounds,
    seconds: Math.round((performance.now() - started) / 1_000),
    picture,
    metrics,
    ...outcome,
  };
  if (!options.json) console.log(`${table(result)}\n`);
  // A reduced measurement is only printed, not kept.
  if (options.scale === undefined && options.only === undefined) keep(result);
  return result;
}

function progress(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
}
