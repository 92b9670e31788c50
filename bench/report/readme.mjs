// Writes the table of README.md: a few ratios from the results. A line without a result is left out.
import { ranged, tableOf, withUnit } from './markdown.mjs';

/** The lines: a metric of a question, and the contender to compare with. */
const LINES = [
  { what: '50 000 small tasks by `submit`, threads', question: 'submit-threads', metric: 'rate', over: 'piscina' },
  { what: '50 000 small tasks by `submit`, processes', question: 'submit-processes', metric: 'rate', over: 'jest-worker' },
  { what: 'the same', question: 'submit-processes', metric: 'rate', over: 'CPython ProcessPoolExecutor' },
  { what: '`map` of 200 000 integers, threads', question: 'map-threads', metric: 'rate', over: 'piscina, chunks of n / 8' },
  { what: '`map` of 200 000 integers, processes', question: 'map-processes', metric: 'rate', over: 'CPython Pool.map' },
  { what: '`imap` of 50 000, processes', question: 'python-methods', metric: 'imap', over: 'CPython' },
  { what: 'one small task at a time, threads, p50', question: 'latency-threads', metric: 'p50', over: 'piscina' },
  { what: 'one small task at a time, processes, p50', question: 'latency-processes', metric: 'p50', over: 'bare fork' },
  { what: '2 000 tasks per second at random, threads, p99', question: 'arrival', metric: 'p99', over: 'piscina' },
  { what: '5 000 objects of 10 KB, threads', question: 'objects-threads', metric: 'rate', over: 'piscina' },
  { what: 'a pending task, held', question: 'memory', metric: 'pending', over: 'piscina' },
  { what: 'a pool of 2 threads, one task, exit', question: 'startup-threads', metric: 'wall', over: 'piscina' },
];

export function readmeTable(results) {
  const rows = LINES.flatMap(({ what, question, metric, over }) => {
    const result = results.get(question);
    const ours = result?.measured[result.of]?.[metric];
    const theirs = result?.measured[over]?.[metric];
    if (ours === undefined || theirs === undefined) return [];
    const { unit, better } = result.metrics[metric];
    return [
      [
        what,
        withUnit(ours.median, unit),
        `${over}: ${withUnit(theirs.median, unit)}`,
        `${ranged(result.ratios[metric][over]).replace(' (', ' × (')}, ${better} is better`,
      ],
    ];
  });
  const { machine, versions, date, rounds } = [...results.values()].sort((a, b) => (a.date < b.date ? 1 : -1))[0];
  return [
    tableOf(['2 workers', 'twinpool', 'compared with', 'ratio (least–most)'], rows),
    `${machine.cpu}, ${machine.cores} cores, Node ${versions.node}, ${date.slice(0, 10)}; medians of ${rounds} rounds. All results, goals and limits:`,
    '[benchmarks](docs/benchmarks.md). On your machine: `npm run bench`.',
    '',
  ].join('\n');
}
