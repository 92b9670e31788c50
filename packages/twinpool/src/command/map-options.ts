/**
 * Declares the options of `twinpool map`, reads them, and holds the text of its `--help`.
 *
 * This file does not touch files, and loads no function.
 */
import { type Arguments, type OptionShapes, readArguments } from './arguments.ts';
import { Misuse } from './misuse.ts';
import type { RecordFormat } from './records.ts';
import type { Surroundings } from './surroundings.ts';

export interface MapOptions {
  /** The function: a module with an export, or the text of an expression. */
  readonly fn: { readonly module: string } | { readonly expression: string };
  readonly api: 'pool' | 'executor';
  readonly kind: 'process' | 'thread';
  readonly workers: number | undefined;
  /** A path, or `-`. */
  readonly input: string;
  readonly output: string;
  readonly format: RecordFormat;
  readonly isOrdered: boolean;
  readonly chunksize: number | undefined;
  /** ms. */
  readonly taskTimeout: number | undefined;
  readonly retries: number;
  /** `--retries` was given, 0 included. */
  readonly hasRetries: boolean;
  readonly stopsOnError: boolean;
  readonly skip: number;
}

/** The largest number of workers that a pool takes. */
const MOST_WORKERS = 1024;

const SHAPES: OptionShapes = {
  eval: { short: 'e', takes: 'text' },
  api: { takes: ['pool', 'executor'] },
  kind: { takes: ['process', 'thread'] },
  workers: { takes: 'whole', least: 1 },
  input: { short: 'i', takes: 'text' },
  output: { short: 'o', takes: 'text' },
  lines: {},
  csv: {},
  unordered: {},
  chunksize: { takes: 'whole', least: 1 },
  'task-timeout': { takes: 'whole' },
  retries: { takes: 'whole' },
  'on-error': { takes: ['stop', 'skip'] },
  skip: { takes: 'whole' },
  help: { short: 'h' },
};

export const HELP = `Usage: twinpool map <module>[#export] [options]
       twinpool map -e 'record => ...' [options]

Calls a function with every record of the input, in parallel, and writes one line of JSON per result.

  # double.mjs: export default (record) => ({ ...record, n: record.n * 2 });
  twinpool map double.mjs --input in.jsonl --output out.jsonl
  # an expression instead of a file, in a pipe
  cat in.jsonl | twinpool map -e 'r => r.n ** 2' > out.jsonl
  # the export \`resize\` of images.mjs for every line of a list of files, at most 30 s each, failures left out
  ls *.jpg | twinpool map images.mjs#resize --lines --task-timeout 30000 --on-error skip > done.jsonl
  # a CSV file: each row is an object of strings
  twinpool map -e 'row => Number(row.price)' --csv --input prices.csv
  # after Ctrl-C or an error: go on where the summary says
  twinpool map double.mjs --input in.jsonl --output out.jsonl --skip 5000

Function
  <module>[#export]       a path, a file: URL, or a package; the export is \`default\` unless #export names one
  -e, --eval EXPRESSION   a function that uses nothing but its argument and globals

Records
  -i, --input FILE|-      default: -, the standard input
  -o, --output FILE|-     default: -, the standard output
  --lines                 every line is a record, as a string (default: every line is JSON)
  --csv                   RFC 4180; the first row names the fields; a record is an object of strings
  --unordered             write results as they come: {"index": n, "value": ...}
  --skip N                leave the first N records out, and append to FILE of --output (default: 0)

Workers
  --kind process|thread   default: process
  --workers N             default: the CPUs that the program may use
  --chunksize N           at most N records per call of a worker (default: chosen from the measured time)
  --api pool|executor     which of twinpool's APIs runs the calls (default: pool)

Failures
  --on-error stop|skip    stop at the first failed record, or leave failed ones out (default: stop)
  --task-timeout MS       end a call that takes longer; its record has failed (default: no limit)
  --retries N             run a record again, at most N times, when its worker is lost (default: 0)

A failed record writes {"index": n, "error": ...} to the standard error, where the summary and what the function prints go too.

Exit code: 0 all right, 1 a record failed, 2 misuse, or the input or output failed, 129, 130 or 143 after a signal, 141 the output was closed.
`;

export function readMapOptions(args: readonly string[], { nearest }: Surroundings): MapOptions | 'help' {
  // Also behind an option that is wrong.
  if (args.some((arg) => arg === '--help' || arg === '-h')) return 'help';
  const given = readArguments(args, SHAPES, nearest);
  if (given.has('lines') && given.has('csv')) throw new Misuse('--lines and --csv cannot be combined');
  const workers = given.whole('workers');
  if (workers !== undefined && workers > MOST_WORKERS)
    throw new Misuse(`--workers: expected a whole number from 1 to ${MOST_WORKERS}, got '${workers}'`);
  return {
    fn: functionOf(given),
    api: (given.text('api') ?? 'pool') as MapOptions['api'],
    kind: (given.text('kind') ?? 'process') as MapOptions['kind'],
    workers,
    input: given.text('input') ?? '-',
    output: given.text('output') ?? '-',
    format: given.has('csv') ? 'csv' : given.has('lines') ? 'lines' : 'json',
    isOrdered: !given.has('unordered'),
    chunksize: given.whole('chunksize'),
    taskTimeout: given.whole('task-timeout'),
    retries: given.whole('retries') ?? 0,
    hasRetries: given.has('retries'),
    stopsOnError: given.text('on-error') !== 'skip',
    skip: given.whole('skip') ?? 0,
  };
}

function functionOf(given: Arguments): MapOptions['fn'] {
  const expression = given.text('eval');
  const [module, ...rest] = given.others;
  if (rest.length > 0) throw new Misuse(`expected one module, got '${module}' and '${rest[0]}'`);
  if (module !== undefined && expression !== undefined) throw new Misuse(`expected a module or -e, got both ('${module}' and -e)`);
  if (expression !== undefined) return { expression };
  if (module === undefined || module === '') throw new Misuse("expected a module (twinpool map tasks.mjs#square) or -e 'record => ...'");
  return { module };
}
