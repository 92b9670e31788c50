/**
 * `migrate`: sources in, rewritten sources and what is left out.
 *
 * Decides the order of the directions: first other libraries to an executor, then from one facade to the other. Refuses to know files on disk
 * and the terminal.
 */
import ts from 'typescript';
import type { Api } from './kinds.ts';
import { analyse, isReadable, type Program, pathsOf, type Source, type SourceFile, withoutHints } from './program.ts';
import { Attempt, Knowledge } from './session.ts';
import { tidy } from './tidy.ts';
import { executorToPool } from './transforms/executor-to-pool.ts';
import { piscinaToExecutor } from './transforms/piscina-to-executor.ts';
import { poolToExecutor } from './transforms/pool-to-executor.ts';
import { workerpoolToExecutor } from './transforms/workerpool-to-executor.ts';

export interface MigrateOptions {
  /** The API that the sources shall have. */
  readonly to: 'pool' | 'executor';
  /** What is rewritten; default: everything that is known. */
  readonly from?: Api | readonly Api[] | undefined;
}

export interface MigratedFile {
  readonly path: string;
  readonly before: string;
  readonly after: string;
}

/** Something that stays as it is. */
export interface Leftover {
  readonly path: string;
  /** From 1, in the rewritten text. */
  readonly line: number;
  readonly column: number;
  readonly reason: string;
  /** The page of the docs, with its heading. */
  readonly doc: string;
}

export interface Migration {
  /** Those that have changed. */
  readonly files: readonly MigratedFile[];
  readonly leftovers: readonly Leftover[];
}

type Transform = (attempt: Attempt) => void;

interface Step {
  readonly from: Api;
  readonly run: Transform;
}

/** Other libraries become executors first: what was made of them then goes on to a pool if that is wanted. */
const STEPS: Readonly<Record<'pool' | 'executor', readonly Step[]>> = {
  executor: [
    { from: 'piscina', run: piscinaToExecutor },
    { from: 'workerpool', run: (attempt) => workerpoolToExecutor(attempt, false) },
    { from: 'pool', run: poolToExecutor },
  ],
  pool: [
    { from: 'piscina', run: piscinaToExecutor },
    { from: 'workerpool', run: (attempt) => workerpoolToExecutor(attempt, true) },
    { from: 'executor', run: executorToPool },
  ],
};

/**
 * Rewrites programs from one API to another, all files at once, since what a name is in one may be decided in another.
 *
 * What cannot be translated faithfully stays, has a comment that says why, and is among the `leftovers`. A second run changes nothing.
 *
 * Throws TypeError for options that are none.
 *
 * @example
 * ```ts
 * import { migrate } from '@twinpool/migrate';
 *
 * const text = "import { Pool } from 'twinpool';\nawait using pool = new Pool(2);\nconsole.log(await pool.apply(Math.abs, [-1]));\n";
 * const { files } = migrate([{ path: 'main.ts', text }], { to: 'executor' });
 * console.log(files[0]?.after.includes('executor'), files[0]?.after.includes('.submit(Math.abs, -1)'));
 * ```
 */
export function migrate(sources: readonly Source[], { to, from }: MigrateOptions): Migration {
  const wanted = from === undefined ? undefined : [from].flat();
  const isWanted = (api: Api) => wanted === undefined || wanted.includes(api);
  let current: readonly Source[] = sources.filter(({ path }) => isReadable(path));
  const untouched = new Map(current.map(({ path, text }) => [path, text]));
  let leftovers: Leftover[] = [];
  for (const { from: api, run } of STEPS[to]) {
    const foreign = STEPS[to].some((step) => (step.from === 'piscina' || step.from === 'workerpool') && isWanted(step.from));
    if (!isWanted(api) && !(api === 'executor' && foreign)) continue;
    // Not wanted for itself: only what came from another library goes on.
    if (!mentions(current, api)) continue;
    const isMeant = isWanted(api) ? () => true : ({ path, text }: Source) => untouched.get(path) !== text;
    const result = rewrite(current.filter(isMeant), run, to);
    const texts = new Map(result.sources.map(({ path, text }) => [path, text]));
    current = current.map(({ path, text }) => ({ path, text: texts.get(path) ?? text }));
    leftovers = [...leftovers, ...result.leftovers];
  }
  const before = new Map(sources.map(({ path, text }) => [path, text]));
  const files = current
    .filter(({ path, text }) => before.get(path) !== text)
    .map(({ path, text }) => ({ path, before: before.get(path) ?? '', after: text }));
  return { files, leftovers };
}

/** Whether a library is named anywhere: analysing costs, and most programs know one library. */
function mentions(sources: readonly Source[], api: Api): boolean {
  const name = api === 'pool' || api === 'executor' ? 'twinpool' : api;
  return sources.some(({ text }) => text.includes(name));
}

function rewrite(
  sources: readonly Source[],
  run: Transform,
  to: 'pool' | 'executor',
): { readonly sources: readonly Source[]; readonly leftovers: Leftover[] } {
  const whole = analyse(sources);
  const results = programsIn(whole).map((program) => rewriteProgram(program, run, to));
  const texts = new Map(results.flatMap(({ texts: own }) => [...own]));
  return {
    sources: sources.map(({ path, text }) => ({ path, text: texts.get(path) ?? text })),
    leftovers: results.flatMap(({ leftovers }) => leftovers),
  };
}

function rewriteProgram(
  program: Program,
  run: Transform,
  to: 'pool' | 'executor',
): { readonly texts: Map<string, string>; readonly leftovers: Leftover[] } {
  const knowledge = new Knowledge(program);
  let attempt: Attempt;
  do {
    attempt = new Attempt(knowledge, to);
    run(attempt);
    attempt.conclude();
  } while (attempt.hasLearned);
  const stale = attempt.staleMarks();
  const leftovers = leftoversOf(attempt, program);
  if (attempt.rewriter.isEmpty && stale.size === 0) return { texts: new Map(), leftovers };
  for (const { ast } of program.files) attempt.bookOf(ast).finish(baseOf(program));
  const texts = program.files.map(({ path, ast }) => {
    const before = withoutHints(ast.text);
    return [path, tidy(path, before, withoutStale(withoutHints(attempt.print(ast)), stale.get(ast)))] as const;
  });
  return { texts: new Map(texts), leftovers };
}

/** Files that import one another are one program; what one of them keeps is no business of the others. */
function programsIn(whole: Program): Program[] {
  const groups = new Map<SourceFile, Set<SourceFile>>(whole.files.map((file) => [file, new Set([file])]));
  const byPath = new Map(whole.files.map((file) => [file.ast.fileName, file]));
  for (const file of whole.files) {
    for (const other of importsOf(whole, file)) {
      const target = byPath.get(other);
      const [a, b] = [groups.get(file), target === undefined ? undefined : groups.get(target)];
      if (a === undefined || b === undefined || a === b) continue;
      for (const member of b) {
        a.add(member);
        groups.set(member, a);
      }
    }
  }
  return [...new Set(groups.values())].map((files) => ({ ...whole, files: whole.files.filter((file) => files.has(file)) }));
}

function importsOf({ checker }: Program, { ast }: SourceFile): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteral(node) && /[./]/.test(node.text)) {
      const file = checker.getSymbolAtLocation(node)?.declarations?.find(ts.isSourceFile);
      if (file !== undefined) found.push(file.fileName);
      // A file of tasks is named by its path.
      else found.push(...pathsOf(ast.fileName, node.text));
    }
    ts.forEachChild(node, visit);
  };
  visit(ast);
  return found;
}

function withoutStale(text: string, marks: readonly string[] | undefined): string {
  return (marks ?? []).reduce(
    (left, mark) => left.replace(new RegExp(`^[ \\t]*${mark.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}\\r?\\n`, 'm'), ''),
    text,
  );
}

/** How the program imports twinpool, for files that do not yet. */
function baseOf({ files }: Program): string {
  for (const { ast } of files) {
    const module = /['"]((?:@?twinpool)(?:\/(?:pool|executor))?)['"]/.exec(ast.text)?.[1];
    if (module !== undefined) return module;
  }
  return 'twinpool';
}

function leftoversOf(attempt: Attempt, { files }: Program): Leftover[] {
  const paths = new Map<ts.SourceFile, string>(files.map(({ path, ast }) => [ast, path]));
  return attempt.remarks.map(({ node, reason }) => {
    const file = node.getSourceFile();
    const { line, character } = file.getLineAndCharacterOfPosition(node.getStart(file));
    return { path: paths.get(file) ?? file.fileName, line: line + 1, column: character + 1, reason: reason.text, doc: reason.doc };
  });
}
