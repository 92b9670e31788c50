/**
 * The options of a pool or an executor that is made: the one whose name differs.
 *
 * Decides where an object is such options: by the type that is asked for where it stands, or because it is a variable that a construction is
 * given. One whose origin is not seen is taken apart at the construction.
 */
import ts from 'typescript';
import { type Attempt, bare } from '../session.ts';

/** Renames the option `from` of the type `options` to `to`, if `node` is one. */
export function renameOption(attempt: Attempt, node: ts.Node, options: string, from: string, to: string): void {
  if (ts.isObjectLiteralExpression(node)) renameInLiteral(attempt, node, options, from, to);
  else if (ts.isPropertyAccessExpression(node) && node.name.text === from && isOptionName(attempt, node.name, options))
    attempt.replace(node.name, () => to);
  else if (ts.isNewExpression(node)) convert(attempt, node, options, from, to);
}

function renameInLiteral(attempt: Attempt, node: ts.ObjectLiteralExpression, options: string, from: string, to: string): void {
  const property = node.properties.find((each) => each.name?.getText().replace(/['"]/g, '') === from);
  if (property?.name === undefined || !(isAskedFor(attempt, node, options) || isGivenToConstruction(attempt, node, options))) return;
  const { parent } = node;
  // What is made stays what it is.
  if (
    ts.isNewExpression(parent)
      ? !isConstructed(attempt, parent, options) && attempt.knowledge.kindOf(parent)?.family === 'facade'
      : attempt.isKept('facade')
  )
    return;
  const { name } = property;
  if (ts.isShorthandPropertyAssignment(property)) attempt.replace(property, () => `${to}: ${from}`);
  else if (ts.isPropertyAssignment(property) && property.initializer.getText() === to) attempt.replace(property, () => to);
  else attempt.replace(name, () => to);
}

function isAskedFor(attempt: Attempt, node: ts.ObjectLiteralExpression, options: string): boolean {
  const type = attempt.checker.getContextualType(node);
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
function isGivenToConstruction(attempt: Attempt, node: ts.ObjectLiteralExpression, options: string): boolean {
  let top: ts.Node = node;
  while (ts.isAsExpression(top.parent) || ts.isParenthesizedExpression(top.parent)) top = top.parent;
  const { parent } = top;
  if (!ts.isVariableDeclaration(parent) || !ts.isIdentifier(parent.name)) return false;
  const symbol = attempt.knowledge.symbolOf(parent.name);
  if (symbol === undefined) return false;
  return attempt.knowledge.referencesOf(symbol).some((reference) => isArgumentOf(attempt, reference, options));
}

function isArgumentOf(attempt: Attempt, reference: ts.Identifier, options: string): boolean {
  const { parent } = reference;
  if (ts.isNewExpression(parent)) return isConstructed(attempt, parent, options);
  if (ts.isSpreadAssignment(parent) && ts.isObjectLiteralExpression(parent.parent)) return isAskedFor(attempt, parent.parent, options);
  return false;
}

function isConstructed(attempt: Attempt, node: ts.NewExpression, options: string): boolean {
  const kind = attempt.knowledge.kindOf(node);
  if (kind?.family !== 'facade' || kind.isForeign || attempt.isKept(attempt.knowledge.ownerOfProduct(node, 'facade'))) return false;
  return kind.api === (options === 'PoolOptions' ? 'pool' : 'executor');
}

function isOptionName(attempt: Attempt, name: ts.MemberName, options: string): boolean {
  const symbol = attempt.checker.getSymbolAtLocation(name);
  return (symbol?.declarations ?? []).some((declaration) => {
    const { parent } = declaration;
    if (ts.isInterfaceDeclaration(parent)) return parent.name.text === options && parent.getSourceFile().isDeclarationFile;
    return (
      ts.isObjectLiteralExpression(parent) && (isAskedFor(attempt, parent, options) || isGivenToConstruction(attempt, parent, options))
    );
  });
}

/** Options from somewhere else. */
function convert(attempt: Attempt, node: ts.NewExpression, options: string, from: string, to: string): void {
  const [argument] = node.arguments ?? [];
  if (argument === undefined || !isConstructed(attempt, node, options)) return;
  const inner = bare(argument);
  if (ts.isObjectLiteralExpression(inner)) return;
  const property = attempt.checker.getNonNullableType(attempt.checker.getTypeAtLocation(inner)).getProperty(from);
  if (property === undefined || (property.declarations ?? []).some((each) => isKnown(attempt, each, options))) return;
  attempt.replace(argument, () => `(({ ${from}, ...rest }) => ({ ...rest, ${to}: ${from} }))(${attempt.rewriter.printInside(argument)})`);
}

function isKnown(attempt: Attempt, declaration: ts.Declaration, options: string): boolean {
  const { parent } = declaration;
  if (ts.isInterfaceDeclaration(parent)) return parent.name.text === options;
  return ts.isObjectLiteralExpression(parent) && (isAskedFor(attempt, parent, options) || isGivenToConstruction(attempt, parent, options));
}
