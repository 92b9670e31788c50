/**
 * Reads the options of a constructor call, and prints them with options removed, renamed and added.
 *
 *   an object literal at the call, or in a constant that only this call uses -> properties by name
 *   anything else                                                            -> unknown
 *
 * Invariant: every comment inside the literal stays, also the comment of a removed option. This file does not know what an option means.
 */
import ts from 'typescript';
import type { Analysis } from '../analysis.ts';
import { unwrap } from '../outer-expressions.ts';
import { lineEnd } from '../rewriter.ts';

export interface OptionsLiteral {
  /** The options argument; `undefined` if there is none. */
  readonly argument: ts.Expression | undefined;
  /** The literal; `undefined` if there is no argument, or if it is unknown. */
  readonly literal: ts.ObjectLiteralExpression | undefined;
  readonly isKnown: boolean;
}

export function readLiteral(analysis: Analysis, argument: ts.Expression | undefined): OptionsLiteral {
  if (argument === undefined) return { argument, literal: undefined, isKnown: true };
  const node = unwrap(argument);
  if (ts.isIdentifier(node) && node.text === 'undefined') return { argument: undefined, literal: undefined, isKnown: true };
  const literal = ts.isObjectLiteralExpression(node) ? node : ts.isIdentifier(node) ? literalOfConstant(analysis, node) : undefined;
  return { argument, literal, isKnown: literal !== undefined };
}

/** The literal of a constant of the same file that is used only here. */
function literalOfConstant(analysis: Analysis, node: ts.Identifier): ts.ObjectLiteralExpression | undefined {
  const symbol = analysis.symbolOf(node);
  const declaration = symbol?.valueDeclaration;
  if (symbol === undefined || declaration === undefined || !ts.isVariableDeclaration(declaration) || declaration.initializer === undefined)
    return undefined;
  const literal = unwrap(declaration.initializer);
  if (!ts.isObjectLiteralExpression(literal) || declaration.type !== undefined) return undefined;
  if (!ts.isVariableDeclarationList(declaration.parent) || (declaration.parent.flags & ts.NodeFlags.Const) === 0) return undefined;
  if (ts.isVariableStatement(declaration.parent.parent) && declaration.parent.parent.modifiers !== undefined) return undefined;
  return analysis.referencesOf(symbol).every((reference) => reference === node || reference === declaration.name) ? literal : undefined;
}

export function optionName(property: ts.ObjectLiteralElementLike): string {
  const { name } = property;
  if (name === undefined) return '...';
  return ts.isIdentifier(name) || ts.isStringLiteralLike(name) ? name.text : name.getText();
}

/** The value of an option as an expression; `undefined` if it is absent, or a method. */
export function optionOf({ literal }: OptionsLiteral, name: string): ts.Expression | undefined {
  const property = literal?.properties.find((each) => optionName(each) === name);
  if (property === undefined) return undefined;
  if (ts.isPropertyAssignment(property)) return property.initializer;
  return ts.isShorthandPropertyAssignment(property) ? property.name : undefined;
}

export interface LiteralChange {
  readonly drop: ReadonlySet<string>;
  /** The new texts of options, by their names. */
  readonly change: ReadonlyMap<string, () => string>;
  readonly add: readonly string[];
}

interface Segment {
  readonly lead: string;
  readonly property: ts.ObjectLiteralElementLike;
  readonly between: string;
  readonly trailing: string;
}

/** The changed literal as text; an empty text if nothing is left in it. */
export function literalText(
  literal: ts.ObjectLiteralExpression,
  { drop, change, add }: LiteralChange,
  print: (node: ts.Node) => string,
): string {
  const file = literal.getSourceFile();
  const end = lineEnd(file);
  const segments = segmentsOf(literal, file);
  const tail = segments.tail;
  const isMultiline = segments.list[0]?.lead.includes('\n') === true;
  const indent = isMultiline ? (/[ \t]*$/.exec(segments.list[0]?.lead ?? '')?.[0] ?? '') : '';
  const parts: { readonly text: string; readonly isOption: boolean; readonly trailing: string }[] = [];
  for (const { lead, property, between, trailing } of segments.list) {
    if (!drop.has(optionName(property))) {
      const own = change.get(optionName(property))?.() ?? print(property);
      parts.push({ text: lead + own + between, isOption: true, trailing });
      continue;
    }
    const comments = [lead.trim(), between.trim(), trailing.trim()].filter((each) => each !== '');
    for (const comment of comments) parts.push({ text: (isMultiline ? end + indent : ' ') + comment, isOption: false, trailing: '' });
  }
  for (const each of add) parts.push({ text: (isMultiline ? end + indent : ' ') + each, isOption: true, trailing: '' });
  if (parts.length === 0 && tail.trim() === '') return '';
  const last = parts.map(({ isOption }) => isOption).lastIndexOf(true);
  const texts = parts.map(({ text, isOption, trailing }, i) => {
    const comma = isOption && (i < last || literal.properties.hasTrailingComma) ? ',' : '';
    return text + comma + trailing;
  });
  const [head = ''] = texts;
  const opened = isMultiline || /^\s/.test(head) ? texts.join('') : ` ${texts.join('')}`;
  return `{${opened}${tail}}`;
}

function segmentsOf(literal: ts.ObjectLiteralExpression, file: ts.SourceFile): { readonly list: Segment[]; readonly tail: string } {
  const { text } = file;
  const list: Segment[] = [];
  let at = literal.getStart(file) + 1;
  for (const property of literal.properties) {
    const start = property.getStart(file);
    const lead = text.slice(at, start);
    const comma = /^(?:\s|\/\*[\s\S]*?\*\/|\/\/[^\n]*\n)*?,/.exec(text.slice(property.end, literal.end - 1));
    const between = comma === null ? '' : comma[0].slice(0, -1);
    at = property.end + (comma === null ? 0 : comma[0].length);
    const trailing = /^[ \t]*(?:\/\/[^\r\n]*|\/\*[^\r\n]*?\*\/(?=[ \t]*\r?\n))/.exec(text.slice(at, literal.end - 1))?.[0] ?? '';
    at += trailing.length;
    list.push({ lead, property, between, trailing });
  }
  return { list, tail: text.slice(at, literal.end - 1) };
}
