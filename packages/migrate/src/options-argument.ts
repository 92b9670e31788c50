/**
 * Reads the options argument of a call, and prints it with options removed and added.
 *
 *   none     left out, or `undefined`
 *   number   a bare number, the chunk size
 *   literal  an object literal at the call
 *   opaque   any other expression: its options are known by type only
 *
 * This file does not know the meaning of an option, except the names in NOT_FROM_SPREAD.
 */
import ts from 'typescript';
import { unwrap } from './outer-expressions.ts';
import type { Pass } from './pass.ts';
import { literalText } from './units/options-literal.ts';

export interface OptionsArgument {
  readonly form: 'none' | 'number' | 'literal' | 'opaque';
  readonly node: ts.Expression | undefined;
  /** The names of the options that are present, or that the type allows. */
  readonly names: ReadonlySet<string>;
  /** Whether an opaque argument may be a bare number. */
  readonly mayBeNumber: boolean;
}

const NONE: OptionsArgument = { form: 'none', node: undefined, names: new Set(), mayBeNumber: false };

export function readOptions(pass: Pass, expression: ts.Expression | undefined): OptionsArgument {
  if (expression === undefined) return NONE;
  const node = unwrap(expression);
  if (ts.isIdentifier(node) && node.text === 'undefined') return NONE;
  const names = namesIn(pass, node, 0);
  if (ts.isObjectLiteralExpression(node)) {
    const spread = new Set(node.properties.filter(ts.isSpreadAssignment).flatMap(({ expression: each }) => [...namesIn(pass, each, 0)]));
    return { form: NOT_FROM_SPREAD.some((name) => spread.has(name)) ? 'opaque' : 'literal', node, names, mayBeNumber: false };
  }
  const type = pass.checker.getNonNullableType(pass.checker.getTypeAtLocation(node));
  if (type.flags & ts.TypeFlags.NumberLike) return { form: 'number', node, names: new Set(['chunksize']), mayBeNumber: true };
  const members = type.isUnion() ? type.types : [type];
  const mayBeNumber = members.some(({ flags }) => flags & (ts.TypeFlags.NumberLike | ts.TypeFlags.Any));
  return { form: 'opaque', node, names, mayBeNumber };
}

/** Options that a rewrite moves or removes, which is impossible for options that come from a spread. */
const NOT_FROM_SPREAD: readonly string[] = ['callback', 'errorCallback', 'onError', 'failFast', 'timeout', 'wait', 'cancelFutures'];

/** The property names of an object: of its literal, also through a constant; otherwise of its type. */
function namesIn(pass: Pass, expression: ts.Expression, depth: number): Set<string> {
  const node = unwrap(expression);
  if (ts.isObjectLiteralExpression(node)) {
    return new Set(
      node.properties.flatMap((each) =>
        ts.isSpreadAssignment(each) ? [...namesIn(pass, each.expression, depth)] : [nameOfProperty(each)],
      ),
    );
  }
  const written = depth < 3 && ts.isIdentifier(node) ? constantOf(pass, node) : undefined;
  if (written !== undefined) return namesIn(pass, written, depth + 1);
  const type = pass.checker.getNonNullableType(pass.checker.getTypeAtLocation(node));
  const members = type.isUnion() ? type.types : [type];
  return new Set(
    members.filter(({ flags }) => !(flags & ts.TypeFlags.NumberLike)).flatMap((member) => member.getProperties().map(({ name }) => name)),
  );
}

/** The object literal that initializes a `const`. */
function constantOf(pass: Pass, node: ts.Identifier): ts.ObjectLiteralExpression | undefined {
  const declaration = pass.analysis.symbolOf(node)?.valueDeclaration;
  if (declaration === undefined || !ts.isVariableDeclaration(declaration) || declaration.initializer === undefined) return undefined;
  const isConstant = ts.isVariableDeclarationList(declaration.parent) && (declaration.parent.flags & ts.NodeFlags.Const) !== 0;
  const value = unwrap(declaration.initializer);
  return isConstant && ts.isObjectLiteralExpression(value) ? value : undefined;
}

/** The value of one option of an object literal. */
export function optionValue(options: OptionsArgument, name: string): ts.Node | undefined {
  return propertyOf(options, name)?.value;
}

export function propertyOf(
  { form, node }: OptionsArgument,
  name: string,
): { readonly property: ts.ObjectLiteralElementLike; readonly value: ts.Node } | undefined {
  if (form !== 'literal') return undefined;
  const property = (node as ts.ObjectLiteralExpression).properties.find((each) => nameOfProperty(each) === name);
  if (property === undefined) return undefined;
  if (ts.isPropertyAssignment(property)) return { property, value: property.initializer };
  return { property, value: property.name ?? property };
}

/** The rewritten value of an option as text. A method becomes a function. */
export function valueText(pass: Pass, options: OptionsArgument, name: string): string | undefined {
  const found = propertyOf(options, name);
  if (found === undefined) return undefined;
  if (!ts.isMethodDeclaration(found.property)) return pass.print(found.value);
  const { property } = found;
  const isAsync = property.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.AsyncKeyword) ? 'async ' : '';
  const file = property.getSourceFile();
  const parameters = pass.rewriter.printRange(file, property.parameters.pos, property.parameters.end, property.parameters);
  return `${isAsync}(${parameters}) => ${property.body === undefined ? '{}' : pass.print(property.body)}`;
}

export interface OptionChange {
  readonly drop?: ReadonlySet<string>;
  readonly add?: readonly string[];
}

/** The rewritten options as text; `undefined` if no option is left. */
export function optionsText(pass: Pass, options: OptionsArgument, { drop = new Set(), add = [] }: OptionChange): string | undefined {
  const { form, node } = options;
  if (form === 'none') return add.length === 0 ? undefined : `{ ${add.join(', ')} }`;
  if (form === 'number') return `{ ${[`chunksize: ${pass.print(node as ts.Node)}`, ...add].join(', ')} }`;
  if (form === 'literal') return changedLiteral(pass, node as ts.ObjectLiteralExpression, drop, add);
  const text = pass.print(node as ts.Node);
  const dropped = [...drop].filter((name) => options.names.has(name));
  const spread =
    options.mayBeNumber && options.names.size === 0
      ? text
      : options.mayBeNumber
        ? `(typeof ${text} === 'number' ? { chunksize: ${text} } : ${text})`
        : text;
  if (dropped.length > 0)
    return `(({ ${dropped.map((name) => `${name}: _${name}`).join(', ')}, ...rest }) => (${add.length === 0 ? 'rest' : `{ ...rest, ${add.join(', ')} }`}))(${spread})`;
  return add.length === 0 ? text : `{ ...${spread}, ${add.join(', ')} }`;
}

function changedLiteral(
  pass: Pass,
  node: ts.ObjectLiteralExpression,
  drop: ReadonlySet<string>,
  add: readonly string[],
): string | undefined {
  const left = node.properties.filter((property) => !drop.has(nameOfProperty(property)));
  const [only] = left;
  if (left.length === 1 && add.length === 0 && only !== undefined && ts.isSpreadAssignment(only)) return pass.print(only.expression);
  if (left.length === node.properties.length && left.length > 0 && add.length === 0) return pass.print(node);
  return literalText(node, { drop, change: new Map(), add }, (each) => pass.print(each)) || undefined;
}

export function nameOfProperty(property: ts.ObjectLiteralElementLike): string {
  const { name } = property;
  if (name === undefined) return '...';
  return ts.isIdentifier(name) || ts.isStringLiteralLike(name) ? name.text : name.getText();
}
