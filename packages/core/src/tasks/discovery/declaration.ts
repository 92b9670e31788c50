/**
 * Finds the declaration of a function in the text of its script: how deeply it is nested, its name, its export, and whether another function
 * returns it.
 *
 * It reads syntax only. It is used if exports cannot be compared by identity: in a module that is still being evaluated, and in code that Node's
 * loader does not know.
 * This file does not know scopes and values.
 */

import { type AnyNode, children, identifierName, isFunctionNode, isNode, parse } from '../syntax.ts';
import type { Location, ScriptText } from './locator.ts';

/** An export, or a method of one. */
export interface ExportName {
  readonly exportName: string;
  readonly member?: string | undefined;
}

export interface Declaration {
  /** The number of functions around it. */
  readonly depth: number;
  /** The name of its declaration or property; `undefined` for a function that is only an argument or a value. */
  readonly bound: string | undefined;
  /** Its export, if the script is an ES module whose syntax shows it. */
  readonly exported: ExportName | undefined;
  /** It is written as an argument of a call. */
  readonly isArgument: boolean;
  /** The function around it returns it or assigns it to an object. */
  readonly isReturned: boolean;
}

/** `isHandler`: the function is the last argument of `defineTask`, and the declaration of the task is searched. Returns `undefined` if not found. */
export function findDeclaration(text: ScriptText, location: Location, isHandler: boolean): Declaration | undefined {
  const program = programOf(text, location.script.isModule);
  const offset = program && offsetOf(text.source, location);
  if (program === undefined || offset === undefined) return undefined;
  const found = pathTo(program, offset);
  if (found === undefined) return undefined;
  let path = withoutWrappers(found);
  const isArgument = path.at(-2)?.type === 'CallExpression';
  // Continue at the call that makes a task of the handler.
  if (isHandler && isArgument) path = withoutWrappers(path.slice(0, -1));
  const bound = binding(path);
  const depth = path.slice(0, -1).filter(isFunctionNode).length;
  return {
    depth,
    bound: bound?.name,
    isArgument,
    exported: location.script.isModule && depth === 0 && bound !== undefined ? exportOf(path, bound) : undefined,
    isReturned: isReturned(path, bound?.name),
  };
}

/** The last parsed program. A program that passes functions while it is being evaluated needs the same one many times. */
let last: { readonly text: ScriptText; readonly program: AnyNode | undefined } | undefined;

function programOf(text: ScriptText, isModule: boolean): AnyNode | undefined {
  if (last?.text !== text) last = { text, program: parse(text.source, isModule) };
  return last.program;
}

function offsetOf(source: string, { script, line, column }: Location): number | undefined {
  let lineStart = 0;
  for (let at = script.startLine; at < line; at++) {
    lineStart = source.indexOf('\n', lineStart) + 1;
    if (lineStart === 0) return undefined;
  }
  return lineStart + column - (line === script.startLine ? script.startColumn : 0);
}

/** Returns the nodes from the program down to the innermost function whose head (name and parameters) is around `offset`. */
function pathTo(program: AnyNode, offset: number): readonly AnyNode[] | undefined {
  let found: readonly AnyNode[] | undefined;
  const visit = (node: AnyNode, above: readonly AnyNode[]): void => {
    if (offset < node.start || offset >= node.end) return;
    const path = [...above, node];
    const body = node.body;
    if (isFunctionNode(node) && isNode(body) && offset < body.start) found = path;
    for (const child of children(node)) visit(child, path);
  };
  visit(program, []);
  return found;
}

/** Removes the wrappers between the last node and its name whose value is the node itself: `__name(fn, 'f')`, `isFast ? fn : other`. */
function withoutWrappers(path: readonly AnyNode[]): readonly AnyNode[] {
  const node = path.at(-1);
  let above = path.slice(0, -1);
  for (
    let child = node;
    node !== undefined && child !== undefined && isWrapperOf(above.at(-1), child);
    child = above.at(-1), above = above.slice(0, -1)
  );
  return node === undefined ? path : [...above, node];
}

/** Functions of `Object` whose result is their first argument. */
const IDENTITY_METHODS: ReadonlySet<unknown> = new Set([
  'assign',
  'defineProperties',
  'defineProperty',
  'freeze',
  'preventExtensions',
  'seal',
  'setPrototypeOf',
]);

function isWrapperOf(parent: AnyNode | undefined, child: AnyNode): boolean {
  switch (parent?.type) {
    case 'CallExpression': {
      const { callee } = parent;
      if (!Array.isArray(parent.arguments) || parent.arguments[0] !== child) return false;
      // esbuild wraps a function in `__name` to keep its name.
      if (identifierName(callee) === '__name') return true;
      return isObjectCall(parent) && isNode(callee) && IDENTITY_METHODS.has(identifierName(callee.property));
    }
    case 'ConditionalExpression':
      return parent.test !== child;
    case 'LogicalExpression':
      return true;
    case 'SequenceExpression':
      return Array.isArray(parent.expressions) && parent.expressions.at(-1) === child;
    default:
      return false;
  }
}

interface Binding {
  readonly name: string;
  readonly isMember: boolean;
}

function binding(path: readonly AnyNode[]): Binding | undefined {
  const node = path.at(-1);
  const parent = path.at(-2);
  if (node === undefined || parent === undefined) return undefined;
  const named = (name: string | undefined, isMember = false): Binding | undefined =>
    name === undefined ? undefined : { name: name === '__vite_ssr_export_default__' ? 'default' : name, isMember };
  switch (parent.type) {
    case 'VariableDeclarator':
      return named(identifierName(parent.id));
    case 'ExportDefaultDeclaration':
      return named(identifierName(node.id) ?? 'default');
    case 'AssignmentExpression': {
      const left = parent.left;
      return named(isNode(left) && left.type === 'MemberExpression' ? identifierName(left.property) : identifierName(left));
    }
    case 'MethodDefinition':
    case 'PropertyDefinition':
      return parent.static === true && parent.computed !== true ? named(identifierName(parent.key), true) : undefined;
    case 'Property':
      return parent.computed === true ? undefined : named(identifierName(parent.key), true);
    default:
      return node.type === 'FunctionDeclaration' ? named(identifierName(node.id)) : undefined;
  }
}

/** Returns the export of a declaration at the top of a module: exported there, or named in `export { … }` or `export default name`. */
function exportOf(path: readonly AnyNode[], bound: Binding): ExportName | undefined {
  const [program] = path;
  if (program === undefined) return undefined;
  if (!bound.isMember) {
    const exportName = exportedAs(program, path.slice(1), bound.name);
    return exportName === undefined ? undefined : { exportName };
  }
  // … > ClassDeclaration > ClassBody > MethodDefinition > function, … > ObjectExpression > Property > function
  const above = path.slice(0, path.at(-3)?.type === 'ClassBody' ? -3 : -2);
  const holder = withoutWrappers(above);
  const owner = holder.at(-1);
  const parent = holder.at(-2);
  const isExpression = owner?.type === 'ClassExpression' || owner?.type === 'ObjectExpression';
  if (parent === undefined || (!isExpression && owner?.type !== 'ClassDeclaration')) return undefined;
  const name = isExpression && parent.type === 'VariableDeclarator' ? identifierName(parent.id) : identifierName(owner.id);
  // A class in a class, or an object in an object, is not an export.
  const isAtTop = holder.length <= (parent.type === 'VariableDeclarator' ? 5 : 3);
  if (!isAtTop || (name === undefined && parent.type !== 'ExportDefaultDeclaration')) return undefined;
  const exportName = exportedAs(program, holder.slice(1), name ?? 'default');
  return exportName === undefined ? undefined : { exportName, member: bound.name };
}

/** Returns the name under which `local` is exported. `path` begins with the statement at the top of the module. */
function exportedAs(program: AnyNode, path: readonly AnyNode[], local: string): string | undefined {
  const [statement] = path;
  if (statement?.type === 'ExportDefaultDeclaration') return 'default';
  if (statement?.type === 'ExportNamedDeclaration') return local;
  return (
    exportedName(program, local) ??
    aliasesOf(program, local)
      .map((alias) => exportedName(program, alias))
      .find(Boolean)
  );
}

function exportedName(program: AnyNode, local: string): string | undefined {
  for (const other of children(program)) {
    if (other.type === 'ExportDefaultDeclaration' && identifierName(other.declaration) === local) return 'default';
    if (other.type !== 'ExportNamedDeclaration' || other.source) continue;
    // `export let f;` with a later assignment.
    if (isNode(other.declaration) && declared(other.declaration).some(({ id }) => identifierName(id) === local)) return local;
    for (const specifier of children(other)) {
      if (specifier.type !== 'ExportSpecifier' || identifierName(specifier.local) !== local) continue;
      const exported = specifier.exported;
      return identifierName(exported) ?? (isNode(exported) ? String(exported.value) : undefined);
    }
  }
  return undefined;
}

function declared(declaration: AnyNode): readonly AnyNode[] {
  return Array.isArray(declaration.declarations) ? declaration.declarations.filter(isNode) : [];
}

/** Returns other names of `local`: compilers write a class with static members as `const _Shape = class { … }; let Shape = _Shape;`. */
function aliasesOf(program: AnyNode, local: string): readonly string[] {
  return [...children(program)]
    .flatMap((statement) => declared(isNode(statement.declaration) ? statement.declaration : statement))
    .filter(({ init }) => identifierName(init) === local)
    .map(({ id }) => identifierName(id) ?? '');
}

function isReturned(path: readonly AnyNode[], name: string | undefined): boolean {
  const around = path.slice(0, -1).findLastIndex(isFunctionNode);
  const maker = path[around];
  if (maker === undefined) return false;
  const between = path.slice(around + 1, -1);
  if (between.some((node) => node.type === 'CallExpression' && !isObjectCall(node))) return false;
  const assigned = between.find((node) => node.type === 'AssignmentExpression')?.left;
  if (isNode(assigned) && assigned.type === 'MemberExpression') return true;
  if (between.some((node) => node.type === 'ReturnStatement') || !between.some((node) => node === maker.body)) return true;
  return name !== undefined && isNode(maker.body) && returns(maker.body, name);
}

/** Returns true for a call like `Object.assign(fn, …)`, whose result is the function itself. */
function isObjectCall(call: AnyNode): boolean {
  const callee = call.callee;
  return isNode(callee) && callee.type === 'MemberExpression' && identifierName(callee.object) === 'Object';
}

function returns(node: AnyNode, name: string): boolean {
  if (isFunctionNode(node)) return false;
  if (node.type === 'ReturnStatement') return mentions(node, name);
  return [...children(node)].some((child) => returns(child, name));
}

function mentions(node: AnyNode, name: string): boolean {
  if (identifierName(node) === name) return true;
  if (isFunctionNode(node) || (node.type === 'CallExpression' && !isObjectCall(node))) return false;
  return [...children(node)].some((child) => mentions(child, name));
}
