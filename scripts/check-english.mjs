// Lists phrases that the project does not use, in comments, docstrings, docs pages and texts that users see.
// Usage: node scripts/check-english.mjs [--summary] [path...]      paths are prefixes from the root; exit code 1 when anything is found
//
// Of source files it reads comments and string literals; of Markdown all but code blocks and code spans. Each finding is a line
// `file:line: phrase: text`, with a hint what to write instead. --summary prints counts per folder and per phrase.
// A phrase that is right in one place is allowed there by ALLOWED: keep that list as short as it is.
import { readdirSync, readFileSync } from 'node:fs';
import { root } from './workspace.mjs';

const PHRASES = [
  ['can be had', /\b(?:is|are|was|were|be|been|being) (?:not )?(?:to be )?had\b|\bto be had\b/gi, 'is available, is started, exists'],
  ['for ever', /\bfor ever\b/gi, 'without end, never ends; forever only if it must be'],
  ['so many', /\bso many\b/gi, 'the number, or the unit'],
  ['told', /\b(?:is|are|was|were|be|been|being|gets?) (?:not )?told\b/gi, 'X notifies Y; X sends Y to Z'],
  ['tells', /\b(?:it|this|that|who|what) tells\b/gi, 'name who sends or returns what'],
  ['lets go', /\b(?:lets?|letting) (?:\w+ ){0,2}go\b/gi, 'releases, drops'],
  ['by itself', /\bby (?:itself|themselves)\b/gi, 'alone, without a request'],
  ['shall', /\bshall\b/gi, 'must, will, or the present tense'],
  ['whoever', /\bwho(?:m|se)?ever\b/gi, 'name the caller, the worker, the task'],
  ['nobody', /\b(?:nobody|somebody|anybody)\b/gi, 'name the caller, the worker, the task'],
  ['is no X', /(?<!\bthere )\b(?:is|are|was|were) no (?!(?:more|less|longer|fewer|earlier|later|one|other)\b)[a-z]+/gi, 'is not a X'],
  ['as there is', /\bas \w+ as there (?:is|are)\b/gi, 'name the amount'],
  ['refuses to know', /\brefuses? to know\b/gi, 'does not know'],
  ['Decides', /(?<=^\s*(?:\/\*\*|\*|\/\/)?\s*)Decides\b/gm, 'say what the file is responsible for'],
  ['Of a ...', /(?<=^\s*(?:\/\*\*|\*|\/\/)?\s*)Of (?:a|an|it|them|those|work|what)\b/gm, 'start with the subject'],
  ['is about to be there', /\b(?:is|are) about to be there\b/gi, 'is starting'],
  [
    'one line a record',
    /\b(?:one|a) (?:message|line|task|call|write|read|cell|file|slot) an? (?:task|worker|record|call|message|item|runtime)\b/gi,
    'per',
  ],
];

/** File (a suffix) and the phrase's text that is right there: quotations, and names of others. */
const ALLOWED = [['scripts/check-english.mjs', /./]];

const SKIPPED = /(?:^|\/)(?:node_modules|dist|coverage|results|fixtures|\.git)\/|(?:^|\/)LICENSE|conformance|CHANGELOG/;
const SOURCES = /\.(?:ts|mts|cts|js|mjs|cjs)$/;
const PAGES = /\.md$/;

const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const isSummary = process.argv.includes('--summary');

/** The text with everything blanked that is not prose; offsets stay. */
function proseOf(file, text) {
  return SOURCES.test(file) ? proseOfSource(text) : proseOfPage(text);
}

const blank = (text) => text.replace(/[^\n]/g, ' ');

function proseOfPage(text) {
  return text
    .replace(/^(\s*)(```|~~~)[\s\S]*?^\s*\2/gm, blank)
    .replace(/`[^`\n]*`/g, blank)
    .replace(/\]\([^)]*\)/g, blank);
}

/** Comments and string literals. A scan, not a parser: a regular expression that holds a quote ends at its line. */
function proseOfSource(text) {
  const token = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g;
  let prose = '';
  let at = 0;
  for (const found of text.matchAll(token)) {
    prose += blank(text.slice(at, found.index));
    const isComment = /^\/[/*]/.test(found[0]);
    const isImport =
      !isComment && /(?:\bfrom|\bimport|\bimport\(|\brequire\()\s*$/.test(text.slice(Math.max(0, found.index - 12), found.index));
    // Code examples in docstrings and code spans are not prose.
    if (isComment) prose += found[0].replace(/```[\s\S]*?```/g, blank).replace(/`[^`\n]*`/g, blank);
    else prose += isImport ? blank(found[0]) : found[0];
    at = found.index + found[0].length;
  }
  return prose + blank(text.slice(at));
}

function filesUnder(folder) {
  const files = [];
  for (const entry of readdirSync(`${root}${folder}`, { withFileTypes: true })) {
    const path = `${folder}${entry.name}`;
    if (entry.isDirectory()) {
      if (!SKIPPED.test(`${path}/`)) files.push(...filesUnder(`${path}/`));
    } else if ((SOURCES.test(path) || PAGES.test(path)) && !SKIPPED.test(path)) files.push(path);
  }
  return files;
}

/** `packages/core/src`, `docs`, `bench`: what one person sweeps at a time. */
function folderOf(file) {
  const parts = file.split('/').slice(0, -1);
  return parts.slice(0, parts[0] === 'packages' ? 4 : 1).join('/') || '.';
}

function isAllowed(file, around) {
  return ALLOWED.some(([suffix, pattern]) => file.endsWith(suffix) && pattern.test(around));
}

const folders = new Map();
const phrases = new Map();
let found = 0;
const count = (counts, key) => counts.set(key, (counts.get(key) ?? 0) + 1);

for (const file of filesUnder('').filter((path) => wanted.length === 0 || wanted.some((prefix) => path.startsWith(prefix)))) {
  const text = readFileSync(`${root}${file}`, 'utf8').replaceAll('\r\n', '\n');
  const prose = proseOf(file, text);
  const hits = [];
  for (const [name, pattern, instead] of PHRASES) {
    for (const { index, 0: hit } of prose.matchAll(pattern)) {
      if (isAllowed(file, prose.slice(Math.max(0, index - 8), index + hit.length))) continue;
      hits.push({ line: prose.slice(0, index).split('\n').length, name, hit, instead });
    }
  }
  for (const { line, name, hit, instead } of hits.sort((one, other) => one.line - other.line)) {
    found += 1;
    count(folders, folderOf(file));
    count(phrases, name);
    if (!isSummary) console.log(`${file}:${line}: ${name}: "${hit.trim()}" (instead: ${instead})`);
  }
}

if (isSummary) {
  for (const counts of [folders, phrases]) {
    for (const [key, number] of [...counts].sort((one, other) => other[1] - one[1])) console.log(`${String(number).padStart(6)}  ${key}`);
    console.log('');
  }
}
console.log(found === 0 ? 'english: all good' : `english: ${found} phrase(s)`);
process.exitCode = found === 0 ? 0 : 1;
