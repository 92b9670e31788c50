/**
 * Translates the pool API to the executor API: one pass over all names, methods and options.
 *
 *   supported call    -> the call of the executor
 *   unsupported call  -> marked; goes through an adapter (`asPool(executor).imapUnordered(…)`, `toAsyncResult(future).successful()`), or its
 *                        owner is kept
 *
 * This file does not know how the text is printed.
 */
import ts from 'typescript';
import { EVERYTHING, type Owner } from '../analysis.ts';
import { isAwaited, methodCallOn, printReceiver } from '../expression-context.ts';
import type { LibraryName } from '../import-editor.ts';
import { isSharedProperty, type Kind } from '../library-kind.ts';
import { readOptions } from '../options-argument.ts';
import type { Pass } from '../pass.ts';
import { endBody, endDeclaration, isGuard, TERMINATING } from '../scope-end.ts';
import { endPool } from './end-pool.ts';
import { apply, applyAsync, broadcast } from './pool-calls.ts';
import { imap, imapUnordered, map, starmap, wholeMapAsync } from './pool-maps.ts';
import { unsupportedReason } from './pool-unsupported.ts';
import { renameOption } from './rename-option.ts';

/** The new names. */
export const POOL_NAMES: ReadonlyMap<string, string> = new Map([
  ['Pool', 'ProcessPoolExecutor'],
  ['ThreadPool', 'ThreadPoolExecutor'],
  ['PoolOptions', 'ExecutorOptions'],
  ['PoolCalls', 'ExecutorCalls'],
  ['AsyncResult', 'Future'],
  ['IMapIterator', 'ResultIterator'],
  ['MapOptions', 'ExecutorMapOptions'],
  ['WholeMapOptions', 'ExecutorMapOptions'],
  ['ImapOptions', 'ExecutorMapOptions'],
  ['PoolClosedError', 'ExecutorShutdownError'],
  ['PoolTerminatedError', 'BrokenExecutorError'],
  ['MaybeEncodingError', 'TaskSerializationError'],
]);

const FAMILY_OF_NAME: ReadonlyMap<string, 'facade' | 'handle' | 'iterator'> = new Map([
  ['Pool', 'facade'],
  ['ThreadPool', 'facade'],
  ['PoolCalls', 'facade'],
  ['AsyncResult', 'handle'],
  ['IMapIterator', 'iterator'],
]);

const HANDLE_METHODS: ReadonlyMap<string, string> = new Map([
  ['get', 'result'],
  ['ready', 'done'],
  ['exception', 'exception'],
  ['cancel', 'cancel'],
  ['then', 'then'],
  ['catch', 'catch'],
  ['finally', 'finally'],
]);

const ITERATOR_METHODS: ReadonlySet<string> = new Set(['next', 'return', 'settled', 'toArray']);

/** Runs one pass over all files. */
export function poolToExecutor(pass: Pass): void {
  for (const file of pass.analysis.files) {
    const importEditor = pass.importEditorOf(file);
    for (const [identifier, name] of importEditor.names) if (name.library === 'twinpool') visitName(pass, identifier, name);
    visit(pass, file);
  }
}

function visit(pass: Pass, node: ts.Node): void {
  if (ts.isStatement(node) && isGuard(node)) return;
  if (ts.isPropertyAccessExpression(node)) visitMember(pass, node, node.name.text);
  else if (ts.isElementAccessExpression(node)) visitElement(pass, node);
  else if (ts.isNewExpression(node)) visitNew(pass, node);
  else if (ts.isClassLike(node)) visitClass(pass, node);
  else if (ts.isExportDeclaration(node)) visitExport(pass, node);
  else if (ts.isStringLiteral(node)) visitText(pass, node);
  else if (ts.isBinaryExpression(node)) visitInstanceOf(pass, node);
  else if (ts.isCallExpression(node)) visitCall(pass, node);
  renameOption(pass, node, 'PoolOptions', 'processes', 'maxWorkers');
  ts.forEachChild(node, (child) => visit(pass, child));
}

/** Handles the use of a member of a library value. */
function visitMember(pass: Pass, access: ts.PropertyAccessExpression, method: string): void {
  const kind = pass.analysis.kindOf(access.expression);
  if (kind?.api !== 'pool' || kind.hasOverrides) return;
  const call = ts.isCallExpression(access.parent) && access.parent.expression === access ? access.parent : undefined;
  if (call === undefined) {
    if (isMethodName(kind, method) && !isSharedProperty(kind, method)) markFacade(pass, access, kind, 'member-as-value');
    return;
  }
  if (kind.family === 'facade') facadeCall(pass, call, access, kind);
  else if (kind.family === 'handle') handleCall(pass, call, access);
  else iteratorCall(pass, call, access);
}

function isMethodName(kind: Kind, method: string): boolean {
  return kind.family !== 'handle' || HANDLE_METHODS.has(method) || method === 'wait' || method === 'successful';
}

function visitElement(pass: Pass, node: ts.ElementAccessExpression): void {
  const kind = pass.analysis.kindOf(node.expression);
  if (kind?.api !== 'pool' || kind.hasOverrides) return;
  const argument = node.argumentExpression;
  if (ts.isPropertyAccessExpression(argument) && argument.expression.getText() === 'Symbol') return;
  markFacade(pass, node, kind, 'member-as-value');
}

/** Marks a member that cannot be translated. A pool goes through an adapter; the owner of anything else is kept. */
function markFacade(pass: Pass, access: ts.PropertyAccessExpression | ts.ElementAccessExpression, kind: Kind, reason: string): void {
  const owner = pass.analysis.ownerOf(access.expression, kind.family);
  pass.markUntranslated(access, reason);
  if (kind.family === 'facade' && kind.name !== 'PoolCalls' && !ts.isIdentifier(access.parent)) {
    if (pass.isKept(owner)) return;
    bridge(pass, access.expression);
    if (ts.isPropertyAccessExpression(access.parent) && access.parent.name.text === 'bind' && ts.isCallExpression(access.parent.parent)) {
      const [self] = access.parent.parent.arguments;
      if (self !== undefined) bridge(pass, self);
    }
    pass.keep('handle');
    pass.keep('iterator');
  } else pass.keep(owner);
}

/** Wraps a receiver that becomes an executor in `asPool`. */
function bridge(pass: Pass, receiver: ts.Expression): void {
  const asPool = pass.need(receiver, 'asPool');
  pass.replace(receiver, () => `${asPool()}(${pass.rewriter.printInside(receiver)})`);
}

function facadeCall(pass: Pass, call: ts.CallExpression, access: ts.PropertyAccessExpression, kind: Kind): void {
  const { analysis } = pass;
  const receiver = access.expression;
  const method = access.name.text;
  const owner = analysis.ownerOf(receiver, 'facade');
  const product = productOf(pass, call);
  const reason = unsupportedReason(pass, call, method, product?.owner);
  if (pass.isKept(owner)) {
    // A kept pool throws its own errors. An adapter throws the errors of the executor.
    if (typeof owner === 'string' || !('kind' in owner)) pass.keep('errors');
    if (product !== undefined) pass.keep(product.owner);
    if (reason !== undefined) pass.markUntranslated(call, reason);
    return;
  }
  if (product !== undefined && (reason !== undefined || pass.isKept(product.owner))) {
    if (reason !== undefined) pass.markUntranslated(call, reason);
    pass.keep(product.owner);
    if (kind.name === 'PoolCalls') pass.keep(owner);
    else bridge(pass, receiver);
    return;
  }
  if (reason !== undefined) {
    pass.markUntranslated(call, reason);
    if (kind.name === 'PoolCalls') pass.keep(owner);
    else bridge(pass, receiver);
    return;
  }
  TRANSLATORS.get(method)?.(pass, call, receiver);
}

/** The owner of the handle or iterator that a call returns. */
function productOf(pass: Pass, call: ts.CallExpression): { readonly owner: Owner } | undefined {
  const kind = pass.analysis.kindOf(call);
  return kind?.api === 'pool' ? { owner: pass.analysis.ownerOfProduct(call, kind.family) } : undefined;
}

type Translator = (pass: Pass, call: ts.CallExpression, receiver: ts.Expression) => void;

/** The translators by method. `withOptions` and `stats` have the same names in both APIs. */
const TRANSLATORS: ReadonlyMap<string, Translator> = new Map([
  ['apply', apply],
  ['applyAsync', applyAsync],
  ['map', map],
  ['starmap', starmap],
  ['mapAsync', wholeMapAsync],
  ['starmapAsync', wholeMapAsync],
  ['imap', imap],
  ['imapUnordered', imapUnordered],
  ['broadcast', broadcast],
  ['close', endPool],
  ['terminate', endPool],
  ['join', endPool],
]);

function handleCall(pass: Pass, call: ts.CallExpression, access: ts.PropertyAccessExpression): void {
  const receiver = access.expression;
  const method = access.name.text;
  if (pass.isKept(pass.analysis.ownerOf(receiver, 'handle'))) {
    if (method === 'successful') pass.markUntranslated(call, 'successful');
    return;
  }
  // The handle of a whole map, or of a call with callbacks, has become a promise.
  if (pass.rewriter.has(access.name)) return;
  const renamed = HANDLE_METHODS.get(method);
  if (renamed !== undefined) {
    if (renamed !== method) pass.replace(access.name, () => renamed);
    // `exception()` of an AsyncResult returns the CancelledError, of a Future it throws it.
    if (method === 'exception' && call.arguments.length === 0 && mayBeCancelled(pass)) {
      const type = /\.[cm]?tsx?$/.test(call.getSourceFile().fileName) ? '(error: unknown)' : '(error)';
      pass.replace(call, () => `${printReceiver(pass, receiver)}.then(() => undefined, ${type} => error)`);
    }
  } else if (method === 'wait') {
    const wait = pass.need(call, 'wait');
    const [timeout] = call.arguments;
    pass.replace(call, () => `${wait()}([${pass.print(receiver)}]${timeout === undefined ? '' : `, { timeout: ${pass.print(timeout)} }`})`);
  } else if (method === 'successful') {
    pass.markUntranslated(call, 'successful');
    const toAsyncResult = pass.need(call, 'toAsyncResult');
    pass.replace(receiver, () => `${toAsyncResult()}(${pass.rewriter.printInside(receiver)})`);
  }
}

function mayBeCancelled(pass: Pass): boolean {
  return pass.analysis.files.some(({ text }) => /\.(cancel|terminate)\(|\bsignal\b/.test(text));
}

/** Whether a call calls the twinpool function `name`, also through an alias. */
function isCallOf(pass: Pass, call: ts.CallExpression, name: string): boolean {
  const callee = ts.isPropertyAccessExpression(call.expression) ? call.expression.name : call.expression;
  return ts.isIdentifier(callee) && pass.importEditorOf(call).names.get(callee)?.name === name;
}

function iteratorCall(pass: Pass, call: ts.CallExpression, access: ts.PropertyAccessExpression): void {
  const owner = pass.analysis.ownerOf(access.expression, 'iterator');
  const method = access.name.text;
  const reason = method === 'next' && call.arguments.length > 0 ? 'next-timeout' : method === 'throw' ? 'iterator-throw' : undefined;
  if (reason !== undefined) {
    pass.markUntranslated(call, reason);
    pass.keep(owner);
  } else if (!ITERATOR_METHODS.has(method)) {
    pass.markUntranslated(call, 'iterator-method');
    pass.keep(owner);
  }
}

function visitNew(pass: Pass, node: ts.NewExpression): void {
  const kind = pass.analysis.kindOf(node);
  if (kind?.api !== 'pool' || kind.family !== 'facade' || kind.hasOverrides) return;
  if (pass.isKept(pass.analysis.ownerOfProduct(node, 'facade'))) return;
  const { parent } = node;
  if (ts.isVariableDeclaration(parent)) endDeclaration(pass, parent, TERMINATING, () => isAllSettled(pass, parent.name));
}

/** Whether all calls of a pool have settled when its scope ends: each one is awaited at the call. */
function isAllSettled(pass: Pass, name: ts.Node): boolean {
  const symbol = pass.analysis.symbolOf(name);
  if (symbol === undefined) return false;
  return pass.analysis.referencesOf(symbol).every((reference) => reference === name || isSettledUse(pass, reference));
}

function isSettledUse(pass: Pass, reference: ts.Identifier): boolean {
  if (isGuardPart(reference)) return true;
  const use = methodCallOn(reference);
  if (use === undefined) return false;
  switch (use.name) {
    case 'apply':
    case 'map':
    case 'starmap':
      return isAwaited(use.call) && readOptions(pass, use.call.arguments[2]).names.has('failFast') === false;
    case 'applyAsync':
    case 'mapAsync':
    case 'starmapAsync': {
      const next = methodCallOn(use.call);
      if (next === undefined) return isAwaited(use.call);
      return next.name === 'get' && next.call.arguments.length === 0 && isAwaited(next.call);
    }
    case 'close':
    case 'terminate':
    case 'stats':
      return true;
    case 'join':
      return isAwaited(use.call);
    default:
      return false;
  }
}

function isGuardPart(node: ts.Node): boolean {
  const statement = ts.findAncestor(node, ts.isStatement);
  return statement !== undefined && isGuard(statement);
}

/** Translates `Pool.use(options, body)`, and keeps the results of `asPool` and `toAsyncResult`. */
function visitCall(pass: Pass, call: ts.CallExpression): void {
  const { expression } = call;
  if (isCallOf(pass, call, 'asPool')) pass.keep(pass.analysis.ownerOfProduct(call, 'facade'));
  if (isCallOf(pass, call, 'toAsyncResult')) pass.keep(pass.analysis.ownerOfProduct(call, 'handle'));
  if (!ts.isPropertyAccessExpression(expression) || expression.name.text !== 'use') return;
  const type = pass.checker.getTypeAtLocation(expression.expression);
  const [construct] = type.getConstructSignatures();
  const name = construct?.getReturnType().symbol?.name;
  if (name !== 'Pool' && name !== 'ThreadPool') return;
  if (pass.isKept('facade')) return;
  const [, body] = call.arguments;
  if (body !== undefined) endBody(pass, body, TERMINATING, (parameter) => isAllSettledOrReturned(pass, parameter));
}

/** As isAllSettled, but a call may also be returned from the body: `use` awaits it. */
function isAllSettledOrReturned(pass: Pass, parameter: ts.Identifier): boolean {
  const symbol = pass.analysis.symbolOf(parameter);
  if (symbol === undefined) return false;
  return pass.analysis.referencesOf(symbol).every((reference) => {
    if (reference === parameter || isSettledUse(pass, reference)) return true;
    const use = methodCallOn(reference);
    if (use === undefined || !['apply', 'map', 'starmap'].includes(use.name)) return false;
    const { parent } = use.call;
    const fn = ts.isReturnStatement(parent) ? ts.findAncestor(parent, ts.isFunctionLike) : parent;
    return fn === parameter.parent.parent;
  });
}

function visitClass(pass: Pass, node: ts.ClassLikeDeclaration): void {
  const clause = node.heritageClauses?.find(({ token }) => token === ts.SyntaxKind.ExtendsKeyword);
  const [base] = clause?.types ?? [];
  if (base === undefined || pass.analysis.kindOf(base)?.api !== 'pool') return;
  const type = pass.checker.getTypeAtLocation(base);
  if (!node.members.some((member) => member.name !== undefined && type.getProperty(member.name.getText()) !== undefined)) return;
  pass.markUntranslated(node, 'overridden-methods');
  pass.keep(EVERYTHING);
}

/** Translates `error instanceof PoolTerminatedError` and `x instanceof Pool`. */
function visitInstanceOf(pass: Pass, node: ts.BinaryExpression): void {
  if (node.operatorToken.kind !== ts.SyntaxKind.InstanceOfKeyword) return;
  const right = ts.isPropertyAccessExpression(node.right) ? node.right.name : node.right;
  if (!ts.isIdentifier(right)) return;
  const importEditor = pass.importEditorOf(node);
  const name = importEditor.names.get(right);
  if (name?.library !== 'twinpool' || name.how === 'indirect') return;
  if (name.name === 'Pool' && !pass.isKept('facade')) importEditor.change(right, 'Executor');
  else if (name.name === 'PoolTerminatedError') {
    // An executor that terminates cancels queued futures and breaks running ones.
    importEditor.change(right, 'BrokenExecutorError');
    const cancelled = pass.need(node, 'CancelledError');
    pass.replace(node, () => {
      const left = pass.print(node.left);
      return `(${left} instanceof ${pass.print(node.right)} || ${left} instanceof ${cancelled()})`;
    });
  }
}

function visitText(pass: Pass, node: ts.StringLiteral): void {
  if (node.text === 'ERR_TWINPOOL_POOL_CLOSED')
    pass.replace(node, () => node.getText().replace(node.text, 'ERR_TWINPOOL_EXECUTOR_SHUTDOWN'));
  else if (node.text === 'ERR_TWINPOOL_POOL_TERMINATED') pass.markUntranslated(node, 'terminated-code');
}

function visitExport(pass: Pass, node: ts.ExportDeclaration): void {
  const { moduleSpecifier, exportClause } = node;
  if (moduleSpecifier === undefined || !ts.isStringLiteral(moduleSpecifier)) return;
  const match = /^(@?twinpool\/)pool$/.exec(moduleSpecifier.text);
  if (exportClause === undefined) {
    if (match !== null && !pass.isKept('facade')) pass.importEditorOf(node).changeStar(node, `${match[1]}executor`);
    return;
  }
  if (!/^@?twinpool(\/|$)/.test(moduleSpecifier.text) || !ts.isNamedExports(exportClause)) return;
  for (const specifier of exportClause.elements) {
    const imported = (specifier.propertyName ?? specifier.name).text;
    const family = FAMILY_OF_NAME.get(imported);
    const to = POOL_NAMES.get(imported);
    if (to !== undefined && !(family !== undefined && pass.isKept(family))) pass.importEditorOf(node).changeReexport(specifier, to);
  }
}

/** Translates a name in a type, in a constructor call, or as a value. */
function visitName(pass: Pass, identifier: ts.Identifier, { name, how }: LibraryName): void {
  if (how === 'indirect' || isBinding(identifier)) return;
  const to = POOL_NAMES.get(name);
  if (to === undefined) {
    if (name === 'PoolRunningError') pass.markUntranslated(identifier, 'pool-running-error');
    return;
  }
  if (/Error$/.test(name) && pass.isKept('errors')) return;
  const family = FAMILY_OF_NAME.get(name);
  const owner = family === undefined ? undefined : ownerOfName(pass, identifier, family);
  if (owner !== undefined && pass.isKept(owner)) return;
  pass.importEditorOf(identifier).change(identifier, to);
}

function isBinding({ parent }: ts.Identifier): boolean {
  return (
    ts.isImportSpecifier(parent) ||
    ts.isImportClause(parent) ||
    ts.isNamespaceImport(parent) ||
    (ts.isBindingElement(parent) && parent.initializer === undefined)
  );
}

/** The owner of the value that the name constructs or declares; otherwise the common owner of the family. */
function ownerOfName(pass: Pass, identifier: ts.Identifier, family: 'facade' | 'handle' | 'iterator'): Owner {
  const top = ts.isPropertyAccessExpression(identifier.parent) ? identifier.parent : identifier;
  if (ts.isNewExpression(top.parent) && top.parent.expression === top) return pass.analysis.ownerOfProduct(top.parent, family);
  const reference = ts.findAncestor(identifier, ts.isTypeReferenceNode);
  if (reference !== undefined && ts.isVariableDeclaration(reference.parent) && ts.isIdentifier(reference.parent.name)) {
    return pass.analysis.ownerOf(reference.parent.name, family);
  }
  return family;
}
