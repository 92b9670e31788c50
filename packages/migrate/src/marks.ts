/**
 * Writes and finds the comments that mark code which is not translated.
 *
 *   // twinpool-migrate: <reason>; see <page>#<heading>
 *
 * Invariants: a mark stands directly before a statement that starts its line; the same mark is written once. This file does not know when a
 * reason applies.
 */
import ts from 'typescript';
import { MARK } from './leftover-reasons.ts';
import { indentOf, lineEnd, type Rewriter } from './rewriter.ts';

/** Marks the statement around a node, unless it is marked already. */
export function mark(rewriter: Rewriter, node: ts.Node, text: string): void {
  const statement = statementToMark(node);
  if (marksBefore(statement).some((comment) => comment.includes(text))) return;
  rewriter.before(statement, () => `${text}${lineEnd(node.getSourceFile())}${indentOf(statement)}`);
}

/** The nearest statement that starts its line. */
export function statementToMark(node: ts.Node): ts.Node {
  const file = node.getSourceFile();
  let found: ts.Node = file.statements[0] as ts.Node;
  for (let at: ts.Node | undefined = node; at !== undefined && !ts.isSourceFile(at); at = at.parent) {
    const isList =
      at.parent !== undefined &&
      (ts.isBlock(at.parent) || ts.isSourceFile(at.parent) || ts.isCaseOrDefaultClause(at.parent) || ts.isModuleBlock(at.parent));
    if (!(isList && ts.isStatement(at)) && !ts.isClassElement(at)) continue;
    found = at;
    const start = at.getStart(file);
    const line = file.text.slice(file.text.lastIndexOf('\n', start - 1) + 1, start);
    if (/^[ \t]*$/.test(line)) break;
  }
  return found;
}

function marksBefore(statement: ts.Node): string[] {
  const { text } = statement.getSourceFile();
  const comments = ts.getLeadingCommentRanges(text, statement.pos) ?? [];
  return comments.map(({ pos, end }) => text.slice(pos, end)).filter((comment) => comment.includes(MARK));
}

/** Removes the marks of earlier runs that no step requires any more, if they belong to one of the given reasons. */
export function withoutStaleMarks(text: string, due: ReadonlySet<string>, reasons: ReadonlySet<string>): string {
  return text.replace(/^[ \t]*(\/\/ twinpool-migrate: .*?; see \S+#([\w-]+))\r?\n/gm, (line, own: string, reason: string) =>
    due.has(own) || !reasons.has(reason) ? line : '',
  );
}
