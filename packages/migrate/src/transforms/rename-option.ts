/**
 * Renames the constructor option whose name differs between pools and executors: `processes` and `maxWorkers`.
 *
 * An object literal is an options object if its contextual type says so, or if it is the value of a variable that is passed to a constructor.
 * Options of unknown origin are converted at the constructor call. This file does not know which option is renamed.
 */
import ts from 'typescript';
import { unwrap } from '../outer-expressions.ts';
import type { Pass } from '../pass.ts';

/** Renames the option `from` of the type `options` to `to`, if `node` is one. */
export function renameOption(pass: Pass, node: ts.Node, options: string, from: string, to: string): void {
  if (ts.isObjectLiteralExpression(node)) renameInLiteral(pass, node, options, from, to);
  else if (ts.isPropertyAccessExpression(node) && node.name.text === from && isOptionName(pass, node.name, options))
    pass.replace(node.name, () => to);
  else if (ts.isNewExpression(node)) convert(pass, node, options, from, to);
}

function renameInLiteral(pass: Pass, node: ts.ObjectLiteralExpression, options: string, from: string, to: string): void {
  const property = node.properties.find((each) => each.name?.getText().replace(/['"]/g, '') === from);
  if (property?.name === undefined || !(isExpectedType(pass, node, options) || isPassedToConstructor(pass, node, options))) return;
  const { parent } = node;
  // The options of a facade that is kept stay.
  if (
    ts.isNewExpression(parent)
      ? !isConstructorOf(pass, parent, options) && pass.analysis.kindOf(parent)?.family === 'facade'
      : pass.isKept('facade')
  )
    return;
  const { name } = property;
  if (ts.isShorthandPropertyAssignment(property)) pass.replace(property, () => `${to}: ${from}`);
  else if (ts.isPropertyAssignment(property) && property.initializer.getText() === to) pass.replace(property, () => to);
  else pass.replace(name, () => to);
}

function isExpectedType(pass: Pass, node: ts.ObjectLiteralExpression, options: string): boolean {
  const type = pass.checker.getContextualType(node);
  if (type === undefined) return false;
  const members = type.isUnion() ? type.types : [type];
  return members.some((member) => isOrExtends(member, options));
}

function isOrExtends(type: ts.Type, name: string): boolean {
  if ((type.symbol?.name ?? type.aliasSymbol?.name) === name) return true;
  if (type.isIntersection()) return type.types.some((member) => isOrExtends(member, name));
  return type.isClassOrInterface() && (type.getBaseTypes?.() ?? []).some((base) => isOrExtends(base, name));
}

/** `const options = { … }; new Pool(options)`. */
function isPassedToConstructor(pass: Pass, node: ts.ObjectLiteralExpression, options: string): boolean {
  let top: ts.Node = node;
  while (ts.isAsExpression(top.parent) || ts.isParenthesizedExpression(top.parent)) top = top.parent;
  const { parent } = top;
  if (!ts.isVariableDeclaration(parent) || !ts.isIdentifier(parent.name)) return false;
  const symbol = pass.analysis.symbolOf(parent.name);
  if (symbol === undefined) return false;
  return pass.analysis.referencesOf(symbol).some((reference) => isArgumentOf(pass, reference, options));
}

function isArgumentOf(pass: Pass, reference: ts.Identifier, options: string): boolean {
  const { parent } = reference;
  if (ts.isNewExpression(parent)) return isConstructorOf(pass, parent, options);
  if (ts.isSpreadAssignment(parent) && ts.isObjectLiteralExpression(parent.parent)) return isExpectedType(pass, parent.parent, options);
  return false;
}

function isConstructorOf(pass: Pass, node: ts.NewExpression, options: string): boolean {
  const kind = pass.analysis.kindOf(node);
  if (kind?.family !== 'facade' || kind.hasOverrides || pass.isKept(pass.analysis.ownerOfProduct(node, 'facade'))) return false;
  return kind.api === (options === 'PoolOptions' ? 'pool' : 'executor');
}

function isOptionName(pass: Pass, name: ts.MemberName, options: string): boolean {
  const symbol = pass.checker.getSymbolAtLocation(name);
  return (symbol?.declarations ?? []).some((declaration) => {
    const { parent } = declaration;
    if (ts.isInterfaceDeclaration(parent)) return parent.name.text === options && parent.getSourceFile().isDeclarationFile;
    return ts.isObjectLiteralExpression(parent) && (isExpectedType(pass, parent, options) || isPassedToConstructor(pass, parent, options));
  });
}

/** Converts an options object of unknown origin at the constructor call. */
function convert(pass: Pass, node: ts.NewExpression, options: string, from: string, to: string): void {
  const [argument] = node.arguments ?? [];
  if (argument === undefined || !isConstructorOf(pass, node, options)) return;
  const inner = unwrap(argument);
  if (ts.isObjectLiteralExpression(inner)) return;
  const property = pass.checker.getNonNullableType(pass.checker.getTypeAtLocation(inner)).getProperty(from);
  if (property === undefined || (property.declarations ?? []).some((each) => isKnown(pass, each, options))) return;
  pass.replace(argument, () => `(({ ${from}, ...rest }) => ({ ...rest, ${to}: ${from} }))(${pass.rewriter.printInside(argument)})`);
}

function isKnown(pass: Pass, declaration: ts.Declaration, options: string): boolean {
  const { parent } = declaration;
  if (ts.isInterfaceDeclaration(parent)) return parent.name.text === options;
  return ts.isObjectLiteralExpression(parent) && (isExpectedType(pass, parent, options) || isPassedToConstructor(pass, parent, options));
}
