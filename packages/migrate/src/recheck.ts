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
  return !/\.[cm]?jsx?$/.test(path) || IN_JAVASCRIPT.has(code);
}

/** The errors of a file that the program did not have before. */
export function newErrors(before: Program, after: Program, path: string): ProgramError[] {
  const known = new Set(errorsIn(before, path).map(({ text }) => text));
  return errorsIn(after, path).filter(({ text }) => !known.has(text));
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

/** The comments of a file that a new text does not have, as often as they are missing. */
export function lostComments(file: ts.SourceFile, text: string): string[] {
  const left = commentsIn(ts.createSourceFile(file.fileName, text, ts.ScriptTarget.ESNext, true));
  return commentsIn(file).filter((comment) => {
    const at = left.indexOf(comment);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

function commentsIn(file: ts.SourceFile): string[] {
  const found = new Map<number, string>();
  const add = (ranges: readonly ts.CommentRange[] | undefined) => {
    for (const { pos, end } of ranges ?? []) {
      const text = file.text.slice(pos, end).replace(/\s+/g, ' ');
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
