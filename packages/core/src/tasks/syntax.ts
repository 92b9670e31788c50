/**
 * Parses JavaScript, and offers the tree to the files that search it. Only this file loads the parser and the scope analysis, on first use (about
 * 15 ms).
 *
 * This file does not know what the other files search for.
 */
import type { Node } from 'acorn';
import { requirePackage } from '../primitives/require-package.ts';

type Acorn = typeof import('acorn');
type EslintScope = typeof import('eslint-scope');

let acorn: Acorn | undefined;
let eslintScope: EslintScope | undefined;

export function parser(): Acorn {
  acorn ??= requirePackage('acorn', 'dist/acorn.js') as Acorn;
  return acorn;
}

function scopes(): EslintScope {
  eslintScope ??= requirePackage('eslint-scope', 'dist/eslint-scope.cjs') as EslintScope;
  return eslintScope;
}

/** Parses a program, or a part of one: private names and `super` of the code around it are accepted. Returns `undefined` for a syntax error. */
export function parse(text: string, isStrict: boolean): AnyNode | undefined {
  // Outside of `try`: if the parser cannot be loaded, the text is not at fault.
  const { parse: parseProgram } = parser();
  try {
    const program: unknown = parseProgram(text, {
      ecmaVersion: 'latest',
      sourceType: sourceType(isStrict),
      ranges: true,
      checkPrivateFields: false,
      allowSuperOutsideMethod: true,
      allowReturnOutsideFunction: true,
      allowHashBang: true,
    });
    return isNode(program) ? program : undefined;
  } catch {
    return undefined;
  }
}

/** Returns the identifiers that the program does not declare. */
export function undeclaredIn(program: AnyNode, isStrict: boolean): readonly AnyNode[] {
  const manager = scopes().analyze(program as unknown as Parameters<EslintScope['analyze']>[0], {
    ecmaVersion: 2025,
    sourceType: sourceType(isStrict),
    ignoreEval: true,
  });
  const references = manager.scopes[0]?.through ?? [];
  return references.map(({ identifier }): unknown => identifier).filter(isNode);
}

function sourceType(isStrict: boolean): 'module' | 'script' {
  return isStrict ? 'module' : 'script';
}

/** A node with any fields. */
export interface AnyNode extends Node {
  readonly [field: string]: unknown;
}

export function isNode(value: unknown): value is AnyNode {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string' && 'start' in value;
}

/** The child nodes of `node`, in the order of the text. */
export function* children(node: Node): Generator<AnyNode> {
  for (const value of Object.values(node)) {
    if (Array.isArray(value)) yield* value.filter(isNode);
    else if (isNode(value)) yield value;
  }
}

const FUNCTIONS: ReadonlySet<string> = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression']);

export function isFunctionNode(node: Node): boolean {
  return FUNCTIONS.has(node.type);
}

/** Returns the name of an Identifier, `undefined` for any other node. */
export function identifierName(node: unknown): string | undefined {
  return isNode(node) && node.type === 'Identifier' ? String(node.name) : undefined;
}
