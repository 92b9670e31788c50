// Checks the docstrings of everything public: each name and member has a summary; functions and methods name their parameters (@param) and
// say what they return (@returns); functions and classes have an @example. Type-checks every example, and runs it. Wants the packages built.
// Usage: node scripts/check-docstrings.mjs [--no-run]
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { publicApi } from './public-api.mjs';
import { conclude, filesOf, root, run } from './workspace.mjs';

const LIMIT = 60_000;
const problems = [];
const { api, checker, ts } = publicApi();

/** Well known by their language: what they do needs no tags. */
const LANGUAGE = new Set(['__@asyncIterator', '__@iterator', '__@toStringTag', 'prototype', '__constructor']);

const baseOf = (symbol) => {
  const declaration = symbol.declarations.find(ts.isClassDeclaration);
  const base = declaration?.heritageClauses?.find(({ token }) => token === ts.SyntaxKind.ExtendsKeyword)?.types[0];
  const type = base === undefined ? undefined : checker.getTypeAtLocation(base);
  return type?.symbol;
};
const isError = (symbol) => symbol !== undefined && (symbol.name === 'TwinpoolError' || isError(baseOf(symbol)));
const isInstantiable = ({ flags }) =>
  (flags & (ts.SymbolFlags.Class | ts.SymbolFlags.Variable)) !== 0 && (flags & (ts.SymbolFlags.Class | ts.SymbolFlags.Interface)) !== 0;

function docsOf(symbol) {
  const tags = symbol.getJsDocTags(checker);
  return {
    summary: ts.displayPartsToString(symbol.getDocumentationComment(checker)).trim(),
    has: (name) => tags.some((tag) => tag.name === name),
    params: new Set(
      tags.filter((tag) => tag.name === 'param').map((tag) => tag.text?.find(({ kind }) => kind === 'parameterName')?.text ?? ''),
    ),
  };
}

function checkCallable(where, symbol, docs, needsExample) {
  const type = checker.getTypeOfSymbolAtLocation(symbol, symbol.valueDeclaration ?? symbol.declarations[0]);
  const [signature] = type.getCallSignatures();
  if (signature === undefined) return;
  for (const parameter of signature.getDeclaration().parameters) {
    // The names in a tuple are the names of the parameters: `...rest: Rest<…>` are `args` and `options`.
    const name = ts.isIdentifier(parameter.name) ? parameter.name.text : '';
    if (name !== 'this' && name !== 'rest' && !docs.params.has(name)) problems.push(`${where}: no @param ${name}`);
  }
  if (!docs.has('returns')) problems.push(`${where}: no @returns`);
  if (needsExample && !docs.has('example')) problems.push(`${where}: no @example`);
}

function checkMembers(where, symbol) {
  const members = [...(symbol.members?.values() ?? []), ...(symbol.flags & ts.SymbolFlags.Class ? (symbol.exports?.values() ?? []) : [])];
  for (const member of members) {
    const declaration = member.declarations?.[0];
    if (declaration === undefined || member.flags & ts.SymbolFlags.TypeParameter || ts.isPrivateIdentifier(declaration.name ?? declaration))
      continue;
    const name = member.name.replace(/^(__@\w+)@\d+$/, '$1');
    if (LANGUAGE.has(name) || ts.getCombinedModifierFlags(declaration) & (ts.ModifierFlags.Protected | ts.ModifierFlags.Private)) continue;
    // What overrides a documented member needs no second text.
    if (name === 'code' || (name === 'name' && isError(symbol))) continue;
    const docs = docsOf(member);
    if (docs.summary === '') problems.push(`${where}.${member.name}: no summary`);
    else if (member.flags & ts.SymbolFlags.Method) checkCallable(`${where}.${member.name}`, member, docs, false);
  }
}

for (const { name, entries } of api) {
  for (const { exports } of entries) {
    for (const { name: exported, symbol, from, isTypeOnly } of exports.filter(({ from }) => from === name)) {
      const where = `${from}: ${exported}`;
      const docs = docsOf(symbol);
      if (docs.summary === '') problems.push(`${where}: no summary`);
      if (symbol.flags & ts.SymbolFlags.Function) checkCallable(where, symbol, docs, true);
      else if (isInstantiable(symbol) && !isError(symbol) && !isTypeOnly && !docs.has('example')) problems.push(`${where}: no @example`);
      if (symbol.flags & (ts.SymbolFlags.Class | ts.SymbolFlags.Interface)) checkMembers(where, symbol);
    }
  }
}

/** The examples in a source file: where each begins, and its lines. */
function examplesOf(file) {
  const examples = [];
  const lines = readFileSync(root + file, 'utf8').split('\n');
  for (let i = 0; i < lines.length; i++) {
    if (!/^\s*\* @example\s*$/.test(lines[i])) continue;
    const begin = i + 2;
    const end = lines.findIndex((line, at) => at >= begin && /^\s*\* ```\s*$/.test(line));
    examples.push({ where: `${file}:${begin + 1}`, text: lines.slice(begin, end).map((line) => line.replace(/^\s*\* ?/, '')) });
    i = end;
  }
  return examples;
}

function link(project, name) {
  const target = [
    `${root}examples/node_modules/`,
    `${root}packages/twinpool/node_modules/`,
    `${root}node_modules/`,
    `${root}packages/core/node_modules/`,
  ]
    .map((folder) => folder + name)
    .concat(`${root}packages/${name.replace('@twinpool/', '')}`)
    .find((path) => existsSync(path));
  const path = join(project, 'node_modules', name);
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(realpathSync(target), path, 'dir');
}

const sources = api.flatMap(({ folder }) => filesOf(`${root}packages/${folder}/src`).map((file) => `packages/${folder}/src/${file}`));
const examples = sources.filter((file) => file.endsWith('.ts')).flatMap(examplesOf);
const project = mkdtempSync(join(tmpdir(), 'twinpool-docstrings-'));
try {
  for (const name of ['twinpool', '@twinpool/bullmq', '@twinpool/core', 'zod', 'tsx', '@types/node']) link(project, name);
  for (const [i, example] of examples.entries()) {
    example.file = join(project, `example-${i}.ts`);
    writeFileSync(example.file, [...example.text, 'export {};', ''].join('\n'));
  }
  const compilerOptions = {
    target: 'ES2023',
    lib: ['ES2023', 'ESNext.Disposable'],
    types: ['node'],
    module: 'NodeNext',
    strict: true,
    noEmit: true,
    skipLibCheck: true,
  };
  writeFileSync(join(project, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
  const { stdout } = await run(process.execPath, [`${root}node_modules/typescript/bin/tsc`, '--pretty', 'false', '-p', '.'], {
    cwd: project,
  });
  for (const line of stdout.split('\n')) {
    const at = /^example-(\d+)\.ts\((\d+)/.exec(line);
    if (at !== null) problems.push(`${examples[at[1]].where} (line ${at[2]}): ${line.replace(/^[^:]*: /, '')}`);
  }
  if (!process.argv.includes('--no-run')) {
    const waiting = [...examples];
    const work = async () => {
      for (let example = waiting.shift(); example !== undefined; example = waiting.shift()) {
        const { code, stderr } = await run(process.execPath, ['--import', 'tsx', example.file], { cwd: project, limit: LIMIT });
        if (code !== 0 || /^\(node:\d+\)/m.test(stderr)) problems.push(`${example.where}: ended with ${code}\n${stderr.trimEnd()}`);
      }
    };
    await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, work));
  }
} finally {
  rmSync(project, { recursive: true, force: true });
}
conclude('docstrings', problems, `${examples.length} examples`);
