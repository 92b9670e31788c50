/**
 * Renames the facade classes in the types of JSDoc comments.
 *
 *   an imported type                        -> the same import, with the name of the other facade
 *   a bare name that no code uses any more  -> the name of the other facade
 *
 * Invariant: the text of a comment outside of braces stays. This file does not know which values a type belongs to.
 */
import ts from 'typescript';

const NAMES: Readonly<Record<'pool' | 'executor', readonly (readonly [from: string, to: string])[]>> = {
  executor: [
    ['ThreadPool', 'ThreadPoolExecutor'],
    ['Pool', 'ProcessPoolExecutor'],
  ],
  pool: [
    ['ThreadPoolExecutor', 'ThreadPool'],
    ['ProcessPoolExecutor', 'Pool'],
  ],
};

/** A function that renames the types in one comment. `before` and `after` are the texts of the file. */
export function typeRenamer(path: string, before: string, after: string, to: 'pool' | 'executor'): (comment: string) => string {
  if (!before.includes('/**')) return (comment) => comment;
  const [had, has] = [identifiersIn(path, before), identifiersIn(path, after)];
  const patterns = NAMES[to].map(([from, name]) => {
    const isGone = had.has(from) && !has.has(from);
    const lead = `\\bimport\\((?:'|")(?:@?twinpool[\\w/]*)(?:'|")\\)\\.${isGone ? '|(?<![.\\w])' : ''}`;
    return [new RegExp(`(${lead})${from}\\b`, 'g'), name] as const;
  });
  return (comment) =>
    comment.startsWith('/**')
      ? comment.replace(/\{[^\n]*\}/g, (type) => patterns.reduce((text, [from, name]) => text.replace(from, `$1${name}`), type))
      : comment;
}

/** Applies a function to each JSDoc comment of a text. */
export function withComments(text: string, change: (comment: string) => string): string {
  return text.replace(/\/\*\*[\s\S]*?\*\//g, (comment) => change(comment));
}

function identifiersIn(path: string, text: string): Set<string> {
  const names = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) names.add(node.text);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true));
  return names;
}
