/**
 * Walks between an expression and the parentheses or type assertions around it.
 *
 * Pure functions of the syntax tree. This file does not know about types, and it changes nothing.
 */
import ts from 'typescript';

/** The outer call of `((rows) => call)(list)`, which a rewrite writes; otherwise the call itself. */
export function immediateCallAround(call: ts.CallExpression): ts.CallExpression {
  const arrow = withParentheses(call).parent;
  if (!ts.isArrowFunction(arrow) || arrow.body !== withParentheses(call) || arrow.parameters[0]?.name.getText() !== 'rows') return call;
  const outer = withParentheses(arrow).parent;
  return ts.isCallExpression(outer) && outer.arguments.length === 1 ? outer : call;
}

/** Removes parentheses, `as`, `satisfies` and `!` around an expression. */
export function unwrap(node: ts.Expression): ts.Expression {
  let inner = node;
  while (
    ts.isParenthesizedExpression(inner) ||
    ts.isAsExpression(inner) ||
    ts.isNonNullExpression(inner) ||
    ts.isSatisfiesExpression(inner)
  )
    inner = inner.expression;
  return inner;
}

/** The outermost parentheses or `!` around an expression; otherwise the expression itself. */
export function withParentheses(node: ts.Expression): ts.Expression {
  let outer = node;
  while (ts.isParenthesizedExpression(outer.parent) || ts.isNonNullExpression(outer.parent)) outer = outer.parent;
  return outer;
}
