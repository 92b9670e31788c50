/**
 * Parses JavaScript, and offers the tree to the files that search it. Only this file loads the parser, the scope analysis and the reader of source
 * maps, on first use (about 15 ms).
 *
 * Invariant: `loadSyntax` ends before any other function here is called. This file does not know what the other files search for.
 */

import type { Node } from 'acorn';
import { createRequire } from '../primitives/create-require.ts';
import { OWN_URL } from '../primitives/own-files.ts';
import type * as Libraries from './syntax-libraries.ts';

let libraries: typeof Libraries | undefined;

/** A load that failed (no descriptor was free, say) is tried again by the next call. */
export async function loadSyntax(): Promise<void> {
  libraries ??= await load();
}

async function load(): Promise<typeof Libraries> {
  try {
    return await import('./syntax-libraries.ts');
  } catch (error) {
    // Node 20 keeps an import that failed, whatever the reason. `require` keeps none, and the build has the same as a CommonJS file.
    try {
      return createRequire(OWN_URL)('./tasks/syntax-libraries.cjs') as typeof Libraries;
    } catch {
      throw error;
    }
  }
}

export function syntaxLibraries(): typeof Libraries {
  if (libraries === undefined) throw new Error('the parser is used before loadSyntax()');
  return libraries;
}

/** Parses a program, or a part of one: private names and `super` of the code around it are accepted. Returns `undefined` for a syntax error. */
export function parse(text: string, isStrict: boolean): AnyNode | undefined {
  const { parse: parseProgram } = syntaxLibraries();
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
  const manager = syntaxLibraries().analyze(program as unknown as Parameters<typeof Libraries.analyze>[0], {
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
