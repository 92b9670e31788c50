/**
 * The options of a call, as they are written.
 *
 * Decides what can be known of them before the program runs, and writes them with some taken out and some put in. Refuses to know which.
 */
import ts from 'typescript';
import { lineEnd } from './rewriter.ts';
import { type Attempt, bare } from './session.ts';

export interface WrittenOptions {
  /** none: left out or `undefined`. number: a bare one. literal: an object written here. opaque: something else. */
  readonly form: 'none' | 'number' | 'literal' | 'opaque';
  readonly node: ts.Expression | undefined;
  /** The names that are, or by its type may be, in it. */
  readonly names: ReadonlySet<string>;
  /** An opaque one that may be a bare number. */
  readonly mayBeNumber: boolean;
}

const NONE: WrittenOptions = { form: 'none', node: undefined, names: new Set(), mayBeNumber: false };

export function readOptions(attempt: Attempt, expression: ts.Expression | undefined): WrittenOptions {
  if (expression === undefined) return NONE;
  const node = bare(expression);
  if (ts.isIdentifier(node) && node.text === 'undefined') return NONE;
  const names = namesIn(attempt, node, 0);
  if (ts.isObjectLiteralExpression(node)) {
    const spread = new Set(node.properties.filter(ts.isSpreadAssignment).flatMap(({ expression: each }) => [...namesIn(attempt, each, 0)]));
    return { form: WITH_MEANING.some((name) => spread.has(name)) ? 'opaque' : 'literal', node, names, mayBeNumber: false };
  }
  const type = attempt.checker.getNonNullableType(attempt.checker.getTypeAtLocation(node));
  if (type.flags & ts.TypeFlags.NumberLike) return { form: 'number', node, names: new Set(['chunksize']), mayBeNumber: true };
  const members = type.isUnion() ? type.types : [type];
  const mayBeNumber = members.some(({ flags }) => flags & (ts.TypeFlags.NumberLike | ts.TypeFlags.Any));
  return { form: 'opaque', node, names, mayBeNumber };
}

/** Options that a rewrite moves or takes out: not out of what is spread. */
const WITH_MEANING: readonly string[] = ['callback', 'errorCallback', 'onError', 'failFast', 'timeout', 'wait', 'cancelFutures'];

/** The names in an object: as they are written, also where it is a constant; else as its type has them. */
function namesIn(attempt: Attempt, expression: ts.Expression, depth: number): Set<string> {
  const node = bare(expression);
  if (ts.isObjectLiteralExpression(node)) {
    return new Set(
      node.properties.flatMap((each) =>
        ts.isSpreadAssignment(each) ? [...namesIn(attempt, each.expression, depth)] : [nameOfProperty(each)],
      ),
    );
  }
  const written = depth < 3 && ts.isIdentifier(node) ? constantOf(attempt, node) : undefined;
  if (written !== undefined) return namesIn(attempt, written, depth + 1);
  const type = attempt.checker.getNonNullableType(attempt.checker.getTypeAtLocation(node));
  const members = type.isUnion() ? type.types : [type];
  return new Set(
    members.filter(({ flags }) => !(flags & ts.TypeFlags.NumberLike)).flatMap((member) => member.getProperties().map(({ name }) => name)),
  );
}

/** The object that a `const` was declared with. */
function constantOf(attempt: Attempt, node: ts.Identifier): ts.ObjectLiteralExpression | undefined {
  const declaration = attempt.knowledge.symbolOf(node)?.valueDeclaration;
  if (declaration === undefined || !ts.isVariableDeclaration(declaration) || declaration.initializer === undefined) return undefined;
  const isConstant = ts.isVariableDeclarationList(declaration.parent) && (declaration.parent.flags & ts.NodeFlags.Const) !== 0;
  const value = bare(declaration.initializer);
  return isConstant && ts.isObjectLiteralExpression(value) ? value : undefined;
}

/** The value of one option of a literal. */
export function writtenValue(options: WrittenOptions, name: string): ts.Node | undefined {
  return propertyOf(options, name)?.value;
}

export function propertyOf(
  { form, node }: WrittenOptions,
  name: string,
): { readonly property: ts.ObjectLiteralElementLike; readonly value: ts.Node } | undefined {
  if (form !== 'literal') return undefined;
  const property = (node as ts.ObjectLiteralExpression).properties.find((each) => nameOfProperty(each) === name);
  if (property === undefined) return undefined;
  if (ts.isPropertyAssignment(property)) return { property, value: property.initializer };
  return { property, value: property.name ?? property };
}

/** The expression that a property's value is, as text: of a method a function. */
export function valueText(attempt: Attempt, options: WrittenOptions, name: string): string | undefined {
  const found = propertyOf(options, name);
  if (found === undefined) return undefined;
  if (!ts.isMethodDeclaration(found.property)) return attempt.print(found.value);
  const { property } = found;
  const isAsync = property.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.AsyncKeyword) ? 'async ' : '';
  const file = property.getSourceFile();
  const parameters = attempt.rewriter.printRange(file, property.parameters.pos, property.parameters.end, property.parameters);
  return `${isAsync}(${parameters}) => ${property.body === undefined ? '{}' : attempt.print(property.body)}`;
}

export interface OptionChange {
  readonly drop?: ReadonlySet<string>;
  readonly add?: readonly string[];
}

/** The options as text, `undefined` where none are left. */
export function optionsText(attempt: Attempt, options: WrittenOptions, { drop = new Set(), add = [] }: OptionChange): string | undefined {
  const { form, node } = options;
  if (form === 'none') return add.length === 0 ? undefined : `{ ${add.join(', ')} }`;
  if (form === 'number') return `{ ${[`chunksize: ${attempt.print(node as ts.Node)}`, ...add].join(', ')} }`;
  if (form === 'literal') return literalText(attempt, node as ts.ObjectLiteralExpression, drop, add);
  const text = attempt.print(node as ts.Node);
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

function literalText(
  attempt: Attempt,
  node: ts.ObjectLiteralExpression,
  drop: ReadonlySet<string>,
  add: readonly string[],
): string | undefined {
  const file = node.getSourceFile();
  const left = node.properties.filter((property) => !drop.has(nameOfProperty(property)));
  if (left.length + add.length === 0) return undefined;
  const [only] = left;
  if (left.length === 1 && add.length === 0 && only !== undefined && ts.isSpreadAssignment(only)) return attempt.print(only.expression);
  const isUntouched = left.length === node.properties.length;
  if (isUntouched && add.length === 0) return attempt.print(node);
  const isMultiline = /\n/.test(file.text.slice(node.getStart(file), node.properties[0]?.getStart(file) ?? node.end));
  const texts = left.map((property) => commentBefore(property, file) + attempt.print(property)).concat(add);
  if (!isMultiline) return `{ ${texts.join(', ')} }`;
  const end = lineEnd(file);
  const [first] = node.properties as unknown as [ts.Node];
  const start = first.getStart(file);
  const indent = /[ \t]*$/.exec(file.text.slice(0, start))?.[0] ?? '';
  const closing = /[ \t]*$/.exec(file.text.slice(0, node.end - 1))?.[0] ?? '';
  const comma = node.properties.hasTrailingComma ? ',' : '';
  return `{${end}${texts.map((text) => indent + text).join(`,${end}`)}${comma}${end}${closing}}`;
}

function commentBefore(node: ts.Node, file: ts.SourceFile): string {
  const comment = file.text.slice(node.getFullStart(), node.getStart(file)).trim();
  if (comment === '') return '';
  return comment.startsWith('/*') ? `${comment} ` : '';
}

export function nameOfProperty(property: ts.ObjectLiteralElementLike): string {
  const { name } = property;
  if (name === undefined) return '...';
  return ts.isIdentifier(name) || ts.isStringLiteralLike(name) ? name.text : name.getText();
}
