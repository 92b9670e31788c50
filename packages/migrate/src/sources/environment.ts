/**
 * Answers whether an `env` option of another library is one of twinpool.
 *
 * This file does not know where the option is written.
 */
import ts from 'typescript';
import { unwrap } from '../outer-expressions.ts';

/** `default`: the same as no option. A text: what has no counterpart. `undefined`: the option stays. */
export function environmentProblem(checker: ts.TypeChecker, value: ts.Expression): 'default' | string | undefined {
  const node = unwrap(value);
  const text = node.getText();
  if (text === 'process.env') return 'default';
  if (/(^|\.)SHARE_ENV$/.test(text)) return 'env: SHARE_ENV';
  if (!ts.isObjectLiteralExpression(node)) return 'env';
  for (const property of node.properties) {
    if (ts.isSpreadAssignment(property)) {
      if (property.expression.getText() !== 'process.env') return 'env';
    } else if (ts.isPropertyAssignment(property)) {
      if (!isText(checker, property.initializer)) return `env.${property.name.getText()}`;
    } else if (ts.isShorthandPropertyAssignment(property)) {
      if (!isText(checker, property.name)) return `env.${property.name.text}`;
    } else return 'env';
  }
  return undefined;
}

function isText(checker: ts.TypeChecker, value: ts.Expression): boolean {
  if (ts.isStringLiteralLike(value) || ts.isTemplateExpression(value)) return true;
  if (ts.isCallExpression(value) && value.expression.getText() === 'String') return true;
  if (/^process\.env\b/.test(value.getText())) return true;
  const of = (type: ts.Type): boolean =>
    type.isUnion() ? type.types.every(of) : (type.flags & (ts.TypeFlags.StringLike | ts.TypeFlags.Undefined)) !== 0;
  return of(checker.getTypeAtLocation(value));
}
