// npm run bench:report [-- --check]
// Writes docs/performance.md, docs/benchmarks.md, the charts, and the pictures of README.md and of the umbrella's README.md with their alternative texts.
//
//   results/*.json, the goals of questions/, report/*.md, limits.json --> docs/performance.md, docs/benchmarks.md, results/*.svg
//   results/*.json, chaos/results/comparison.json --> docs/pictures/*.svg, packages/twinpool/pictures/*.svg, both README.md between their markers
//
// Invariant: every figure comes from the results. A goal is judged anew by what was measured, so a new goal shows as not measured yet until its question
// has run. `--check` writes nothing, and fails if a page differs from the results.
// It does not measure anything (main.mjs does).
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { chart } from './harness/chart.mjs';
import { isReached, judgeAll } from './harness/statistics.mjs';
import { nameOf, titleOf } from './harness/variant.mjs';
import { questions } from './questions/index.mjs';
import { limitOf } from './report/limits.mjs';
import { benchmarksPage, performancePage } from './report/page.mjs';
import { faultsPicture, speedPicture } from './report/pictures.mjs';

const root = new URL('../', import.meta.url);

const text = (path) => readFileSync(new URL(path, root), 'utf8');
const json = (path) => JSON.parse(text(path));

/** The results by their names: of a question, or of a question with another Node. */
const results = new Map(
  readdirSync(new URL('bench/results/', root))
    .filter((name) => name.endsWith('.json'))
    .map((name) => judged(json(`bench/results/${name}`)))
    .map((result) => [nameOf(result), result])
    .sort(([a], [b]) => (a < b ? -1 : 1)),
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
  ...Object.fromEntries([...results].map(([name, result]) => [`bench/results/${name}.svg`, chart(result)])),
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

/** The result with the goals that its question has now. */
function judged(result) {
  const question = questions.find(({ name }) => name === result.question);
  if (question === undefined) return result;
  return { ...result, goals: judgeAll({ ...question, metrics: { ...question.metrics, ...result.metrics } }, result.measured) };
}

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
  const all = [...results.values()];
  const goals = all.flatMap((result) => result.goals.map((goal) => ({ result, goal })));
  const missing = goals
    .filter(({ result, goal }) => isReached(goal) === false && limitOf(limits, result, goal) === undefined)
    .map(({ result, goal }) => `limits.json has no sentence for ${titleOf(result)}: "${goal.text}", which is not reached`);
  const superfluous = Object.entries(limits).flatMap(([name, sentences]) =>
    Object.keys(sentences).flatMap((text) => {
      const explained = goals.filter(({ result, goal }) => goal.text === text && (nameOf(result) === name || result.question === name));
      if (explained.length === 0) return isGoal(name, text) ? [] : [`limits.json explains ${name}: "${text}", which is not a goal of it`];
      return explained.every(({ goal }) => isReached(goal)) ? [`limits.json explains ${name}: "${text}", which is reached`] : [];
    }),
  );
  return [...missing, ...superfluous];
}

/** Whether a question has the goal, although it was not measured. `name`: of a question or of a result. */
function isGoal(name, text) {
  return questions.some((question) => question.name === name.split('.')[0] && question.goals.some((goal) => goal.text === text));
}
