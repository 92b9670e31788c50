/**
 * Compares a program before and after a rewrite: new errors, and comments that are gone.
 *
 * Invariant: an error that the program had before is not new, wherever it stands. This file does not know what was rewritten.
 */
import ts from 'typescript';
import type { Program } from './program.ts';

export interface ProgramError {
  readonly code: number;
  readonly text: string;
  readonly isSyntax: boolean;
}

/** Errors of a missing declaration of Node or of a package: they say nothing about the code. */
const ENVIRONMENT: ReadonlySet<number> = new Set([2307, 2580, 2584, 2591, 2688, 2792, 7016, 7044]);
/** The errors that count in JavaScript, whose types are only inferred. */
const IN_JAVASCRIPT: ReadonlySet<number> = new Set([2300, 2305, 2339, 2440, 2448, 2451, 2551]);

/** Whether an error tells that the code is wrong. */
export function isRelevant({ code, isSyntax, text }: ProgramError, path: string): boolean {
  if (isSyntax) return true;
  if (ENVIRONMENT.has(code) || /'(process|require|URL|__dirname|Buffer|console|ImportMeta)'/.test(text)) return false;
  // JavaScript reads the fields of an unknown value, such as `workerData`, without an assertion.
  return !/\.[cm]?jsx?$/.test(path) || (IN_JAVASCRIPT.has(code) && !text.endsWith("on type 'unknown'."));
}

/** The errors of a file that the program did not have before. The same error may name a type that the rewrite changed. */
export function newErrors(before: Program, after: Program, path: string): ProgramError[] {
  const known = errorsIn(before, path);
  const texts = new Set(known.map(({ text }) => text));
  const keys = known.map(keyOf);
  return errorsIn(after, path).filter((error) => {
    if (texts.has(error.text)) return false;
    const at = keys.indexOf(keyOf(error));
    if (at >= 0) keys.splice(at, 1);
    return at < 0;
  });
}

/** The code, and the first name that the text quotes. */
function keyOf({ code, text }: ProgramError): string {
  return `${code} ${/'[^']*'/.exec(text)?.[0] ?? ''}`;
}

function errorsIn({ program, files }: Program, path: string): ProgramError[] {
  const ast = files.find((file) => file.path === path)?.ast;
  if (ast === undefined) return [];
  const read = (isSyntax: boolean) => (diagnostic: ts.Diagnostic) => ({
    code: diagnostic.code,
    text: ts.flattenDiagnosticMessageText(diagnostic.messageText, ' ').slice(0, 160),
    isSyntax,
  });
  return [...program.getSyntacticDiagnostics(ast).map(read(true)), ...program.getSemanticDiagnostics(ast).map(read(false))];
}

/** The comments of a file that a new text does not have, as often as they are missing. `renamed` changes the names in a comment. */
export function lostComments(file: ts.SourceFile, text: string, renamed = (comment: string): string => comment): string[] {
  const left = commentsIn(ts.createSourceFile(file.fileName, text, ts.ScriptTarget.ESNext, true));
  return commentsIn(file, renamed).filter((comment) => {
    const at = left.indexOf(comment);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

function commentsIn(file: ts.SourceFile, renamed = (comment: string): string => comment): string[] {
  const found = new Map<number, string>();
  const add = (ranges: readonly ts.CommentRange[] | undefined) => {
    for (const { pos, end } of ranges ?? []) {
      const text = renamed(file.text.slice(pos, end)).replace(/\s+/g, ' ');
      if (!text.includes('twinpool-migrate')) found.set(pos, text);
    }
  };
  const visit = (node: ts.Node): void => {
    if (node.getChildCount(file) === 0 && node.kind !== ts.SyntaxKind.JsxText) {
      add(ts.getLeadingCommentRanges(file.text, node.getFullStart()));
      add(ts.getTrailingCommentRanges(file.text, node.end));
    }
    for (const child of node.getChildren(file)) visit(child);
  };
  visit(file);
  return [...found.values()];
}
