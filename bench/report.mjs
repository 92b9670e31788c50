// npm run bench:report [-- --check]
// Writes docs/performance.md, docs/benchmarks.md, the charts, and the pictures of README.md and of the umbrella's README.md with their alternative texts.
//
//   results/*.json, report/*.md, limits.json --> docs/performance.md, docs/benchmarks.md, results/*.svg
//   results/*.json, chaos/results/comparison.json --> docs/pictures/*.svg, packages/twinpool/pictures/*.svg, both README.md between their markers
//
// Invariant: every figure comes from the results. `--check` writes nothing, and fails if a page differs from the results.
// It does not measure anything (main.mjs does).
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { chart } from './harness/chart.mjs';
import { isReached } from './harness/statistics.mjs';
import { benchmarksPage, performancePage } from './report/page.mjs';
import { faultsPicture, speedPicture } from './report/pictures.mjs';

const root = new URL('../', import.meta.url);

const text = (path) => readFileSync(new URL(path, root), 'utf8');
const json = (path) => JSON.parse(text(path));

/** The results by name of the question. */
const results = new Map(
  readdirSync(new URL('bench/results/', root))
    .filter((name) => name.endsWith('.json'))
    .map((name) => json(`bench/results/${name}`))
    .sort((a, b) => (a.question < b.question ? -1 : 1))
    .map((result) => [result.question, result]),
);
const limits = json('bench/limits.json');

const pictures = { speed: speedPicture(results), faults: faultsPicture(json('chaos/results/comparison.json')) };

const pages = {
  'docs/performance.md': performancePage(results, {
    introduction: text('bench/report/performance.md'),
    advice: text('bench/report/advice.md').trim(),
  }),
  'docs/benchmarks.md': benchmarksPage(results, limits, { introduction: text('bench/report/benchmarks.md') }),
  ...withPictures('README.md', 'docs/pictures/'),
  // The umbrella has copies: its package does not hold the docs.
  ...withPictures('packages/twinpool/README.md', 'pictures/'),
  ...Object.fromEntries([...results.values()].map((result) => [`bench/results/${result.question}.svg`, chart(result)])),
};
const stale = [];
for (const [path, content] of Object.entries(pages)) {
  if (existsSync(new URL(path, root)) && text(path) === content) continue;
  if (process.argv.includes('--check')) stale.push(path);
  else writeFileSync(new URL(path, root), content);
}
for (const path of stale) console.error(`  ${path} differs from bench/results and bench/report: run \`npm run bench:report\``);
for (const note of notes()) console.log(`  note: ${note}`);
console.log(stale.length > 0 ? `performance: ${stale.length} page(s) stale` : `performance: ${results.size} results, all good`);
process.exitCode = stale.length > 0 ? 1 : 0;

/** A README with the alternative texts, and the pictures in a folder relative to it. */
function withPictures(readme, folder) {
  const base = readme.slice(0, readme.lastIndexOf('/') + 1) + folder;
  const page = Object.entries(pictures).reduce((content, [name, { alt }]) => {
    const start = `<!-- ${name}: written by \`npm run bench:report\` -->`;
    const [before, rest] = content.split(start);
    const after = rest?.split(`<!-- /${name} -->`)[1];
    if (after === undefined)
      throw new Error(`expected the markers ${start} and <!-- /${name} --> in ${readme}; add them around its picture`);
    return `${before}${start}\n![${alt}](${folder}${name}.svg)\n<!-- /${name} -->${after}`;
  }, text(readme));
  return { [readme]: page, ...Object.fromEntries(Object.entries(pictures).map(([name, { svg }]) => [`${base}${name}.svg`, svg])) };
}

/** Returns what is missing in limits.json. A missing sentence does not fail the check. */
function notes() {
  const found = [];
  for (const { question, goals } of results.values()) {
    for (const goal of goals) {
      const sentence = limits[question]?.[goal.text];
      if (isReached(goal) === false && sentence === undefined)
        found.push(`limits.json has no sentence for ${question}: "${goal.text}", which is not reached`);
      if (isReached(goal) && sentence !== undefined) found.push(`limits.json explains ${question}: "${goal.text}", which is reached`);
    }
  }
  for (const [question, sentences] of Object.entries(limits)) {
    for (const text of Object.keys(sentences)) {
      if (!results.get(question)?.goals.some((goal) => goal.text === text))
        found.push(`limits.json explains ${question}: "${text}", which is not a goal of it`);
    }
  }
  return found;
}
