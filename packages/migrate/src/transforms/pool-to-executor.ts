/**
 * From `multiprocessing.Pool` to `concurrent.futures`: every name, method and option of a pool, and what each becomes.
 *
 * Decides what keeps its meaning. What has none to keep is left to bridges of the adapters (`asPool(executor).imapUnordered(…)`,
 * `toAsyncResult(future).successful()`), which compile and do what was meant, and is marked.
 */
import ts from 'typescript';
import { isAwaited, methodCallOn, subject } from '../context.ts';
import type { Kind } from '../kinds.ts';
import type { LibraryName } from '../name-book.ts';
import { readOptions } from '../options.ts';
import { endBody, endDeclaration, isGuard, TERMINATING } from '../scope-end.ts';
import { type Attempt, EVERYTHING, type Owner } from '../session.ts';
import { renameOption } from './construction.ts';
import { apply, applyAsync } from './pool-calls.ts';
import { end } from './pool-ends.ts';
import { reasonAgainst } from './pool-limits.ts';
import { imap, imapUnordered, map, starmap, wholeMapAsync } from './pool-maps.ts';

/** What the names become. */
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

const ITERATOR_METHODS: ReadonlySet<string> = new Set(['next', 'return', 'settled']);

/** One attempt over all files. */
export function poolToExecutor(attempt: Attempt): void {
  for (const file of attempt.knowledge.files) {
    const book = attempt.bookOf(file);
    for (const [identifier, name] of book.names) if (name.library === 'twinpool') visitName(attempt, identifier, name);
    visit(attempt, file);
  }
}

function visit(attempt: Attempt, node: ts.Node): void {
  if (ts.isStatement(node) && isGuard(node)) return;
  if (ts.isPropertyAccessExpression(node)) visitMember(attempt, node, node.name.text);
  else if (ts.isElementAccessExpression(node)) visitElement(attempt, node);
  else if (ts.isNewExpression(node)) visitNew(attempt, node);
  else if (ts.isClassLike(node)) visitClass(attempt, node);
  else if (ts.isExportDeclaration(node)) visitExport(attempt, node);
  else if (ts.isStringLiteral(node)) visitText(attempt, node);
  else if (ts.isBinaryExpression(node)) visitInstanceOf(attempt, node);
  else if (ts.isCallExpression(node)) visitCall(attempt, node);
  renameOption(attempt, node, 'PoolOptions', 'processes', 'maxWorkers');
  ts.forEachChild(node, (child) => visit(attempt, child));
}

/** A call of a method of the library's. */
function visitMember(attempt: Attempt, access: ts.PropertyAccessExpression, method: string): void {
  const kind = attempt.knowledge.kindOf(access.expression);
  if (kind?.api !== 'pool' || kind.isForeign) return;
  const call = ts.isCallExpression(access.parent) && access.parent.expression === access ? access.parent : undefined;
  if (call === undefined) {
    if (isMethodName(kind, method)) leaveFacade(attempt, access, kind, 'member-as-value');
    return;
  }
  if (kind.family === 'facade') facadeCall(attempt, call, access, kind);
  else if (kind.family === 'handle') handleCall(attempt, call, access);
  else iteratorCall(attempt, call, access);
}

function isMethodName(kind: Kind, method: string): boolean {
  return kind.family !== 'handle' || HANDLE_METHODS.has(method) || method === 'wait' || method === 'successful';
}

function visitElement(attempt: Attempt, node: ts.ElementAccessExpression): void {
  const kind = attempt.knowledge.kindOf(node.expression);
  if (kind?.api !== 'pool' || kind.isForeign) return;
  const argument = node.argumentExpression;
  if (ts.isPropertyAccessExpression(argument) && argument.expression.getText() === 'Symbol') return;
  leaveFacade(attempt, node, kind, 'member-as-value');
}

/** A method that cannot be followed: a pool is asked for it through a bridge, or its owner stays. */
function leaveFacade(attempt: Attempt, access: ts.PropertyAccessExpression | ts.ElementAccessExpression, kind: Kind, reason: string): void {
  const owner = attempt.knowledge.ownerOf(access.expression, kind.family);
  attempt.leave(access, reason);
  if (kind.family === 'facade' && kind.name !== 'PoolCalls' && !ts.isIdentifier(access.parent)) {
    if (attempt.isKept(owner)) return;
    bridge(attempt, access.expression);
    if (ts.isPropertyAccessExpression(access.parent) && access.parent.name.text === 'bind' && ts.isCallExpression(access.parent.parent)) {
      const [self] = access.parent.parent.arguments;
      if (self !== undefined) bridge(attempt, self);
    }
    attempt.keep('handle');
    attempt.keep('iterator');
  } else attempt.keep(owner);
}

/** `asPool(executor)` for a pool that has become an executor. */
function bridge(attempt: Attempt, receiver: ts.Expression): void {
  const asPool = attempt.need(receiver, 'asPool');
  attempt.replace(receiver, () => `${asPool()}(${attempt.rewriter.printInside(receiver)})`);
}

function facadeCall(attempt: Attempt, call: ts.CallExpression, access: ts.PropertyAccessExpression, kind: Kind): void {
  const { knowledge } = attempt;
  const receiver = access.expression;
  const method = access.name.text;
  const owner = knowledge.ownerOf(receiver, 'facade');
  const product = productOf(attempt, call);
  const cannot = reasonAgainst(attempt, call, method, product?.owner);
  if (attempt.isKept(owner)) {
    // Its errors stay with it; those of a bridge are the other's.
    if (typeof owner === 'string' || !('kind' in owner)) attempt.keep('errors');
    if (product !== undefined) attempt.keep(product.owner);
    if (cannot !== undefined) attempt.leave(call, cannot);
    return;
  }
  if (product !== undefined && (cannot !== undefined || attempt.isKept(product.owner))) {
    if (cannot !== undefined) attempt.leave(call, cannot);
    attempt.keep(product.owner);
    if (kind.name === 'PoolCalls') attempt.keep(owner);
    else bridge(attempt, receiver);
    return;
  }
  if (cannot !== undefined) {
    attempt.leave(call, cannot);
    if (kind.name === 'PoolCalls') attempt.keep(owner);
    else bridge(attempt, receiver);
    return;
  }
  TRANSLATORS.get(method)?.(attempt, call, receiver);
}

/** The handle or iterator that a call makes. */
function productOf(attempt: Attempt, call: ts.CallExpression): { readonly owner: Owner } | undefined {
  const kind = attempt.knowledge.kindOf(call);
  return kind?.api === 'pool' ? { owner: attempt.knowledge.ownerOfProduct(call, kind.family) } : undefined;
}

type Translator = (attempt: Attempt, call: ts.CallExpression, receiver: ts.Expression) => void;

/** `withOptions`, `stats` and the end of a scope have the same names there. */
const TRANSLATORS: ReadonlyMap<string, Translator> = new Map([
  ['apply', apply],
  ['applyAsync', applyAsync],
  ['map', map],
  ['starmap', starmap],
  ['mapAsync', wholeMapAsync],
  ['starmapAsync', wholeMapAsync],
  ['imap', imap],
  ['imapUnordered', imapUnordered],
  ['close', end],
  ['terminate', end],
  ['join', end],
]);

function handleCall(attempt: Attempt, call: ts.CallExpression, access: ts.PropertyAccessExpression): void {
  const receiver = access.expression;
  const method = access.name.text;
  if (attempt.isKept(attempt.knowledge.ownerOf(receiver, 'handle'))) {
    if (method === 'successful') attempt.leave(call, 'successful');
    return;
  }
  // The handle of a whole map, or one with callbacks, is a promise then.
  if (attempt.rewriter.has(access.name)) return;
  const renamed = HANDLE_METHODS.get(method);
  if (renamed !== undefined) {
    if (renamed !== method) attempt.replace(access.name, () => renamed);
    // A result gives the cancellation as a value, a future throws it.
    if (method === 'exception' && call.arguments.length === 0 && mayBeCancelled(attempt)) {
      const type = /\.[cm]?tsx?$/.test(call.getSourceFile().fileName) ? '(error: unknown)' : '(error)';
      attempt.replace(call, () => `${subject(attempt, receiver)}.then(() => undefined, ${type} => error)`);
    }
  } else if (method === 'wait') {
    const wait = attempt.need(call, 'wait');
    const [timeout] = call.arguments;
    attempt.replace(
      call,
      () => `${wait()}([${attempt.print(receiver)}]${timeout === undefined ? '' : `, { timeout: ${attempt.print(timeout)} }`})`,
    );
  } else if (method === 'successful') {
    attempt.leave(call, 'successful');
    const toAsyncResult = attempt.need(call, 'toAsyncResult');
    attempt.replace(receiver, () => `${toAsyncResult()}(${attempt.rewriter.printInside(receiver)})`);
  }
}

function mayBeCancelled(attempt: Attempt): boolean {
  return attempt.knowledge.files.some(({ text }) => /\.(cancel|terminate)\(|\bsignal\b/.test(text));
}

/** A call of a function of twinpool's, whatever it is called here. */
function isCallOf(attempt: Attempt, call: ts.CallExpression, name: string): boolean {
  const callee = ts.isPropertyAccessExpression(call.expression) ? call.expression.name : call.expression;
  return ts.isIdentifier(callee) && attempt.bookOf(call).names.get(callee)?.name === name;
}

function iteratorCall(attempt: Attempt, call: ts.CallExpression, access: ts.PropertyAccessExpression): void {
  const owner = attempt.knowledge.ownerOf(access.expression, 'iterator');
  const method = access.name.text;
  const reason = method === 'next' && call.arguments.length > 0 ? 'next-timeout' : method === 'throw' ? 'iterator-throw' : undefined;
  if (reason !== undefined) {
    attempt.leave(call, reason);
    attempt.keep(owner);
  } else if (!ITERATOR_METHODS.has(method)) {
    attempt.leave(call, 'iterator-method');
    attempt.keep(owner);
  }
}

function visitNew(attempt: Attempt, node: ts.NewExpression): void {
  const kind = attempt.knowledge.kindOf(node);
  if (kind?.api !== 'pool' || kind.family !== 'facade' || kind.isForeign) return;
  if (attempt.isKept(attempt.knowledge.ownerOfProduct(node, 'facade'))) return;
  const { parent } = node;
  if (ts.isVariableDeclaration(parent)) endDeclaration(attempt, parent, TERMINATING, () => isAllSettled(attempt, parent.name));
}

/** Nothing of it can be open when its scope ends: every call is awaited on the spot. */
function isAllSettled(attempt: Attempt, name: ts.Node): boolean {
  const symbol = attempt.knowledge.symbolOf(name);
  if (symbol === undefined) return false;
  return attempt.knowledge.referencesOf(symbol).every((reference) => reference === name || isSettledUse(attempt, reference));
}

function isSettledUse(attempt: Attempt, reference: ts.Identifier): boolean {
  if (isGuardPart(reference)) return true;
  const use = methodCallOn(reference);
  if (use === undefined) return false;
  switch (use.name) {
    case 'apply':
    case 'map':
    case 'starmap':
      return isAwaited(use.call) && readOptions(attempt, use.call.arguments[2]).names.has('failFast') === false;
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

/** `Pool.use(options, body)`; `asPool(executor)`, a pool that somebody wants. */
function visitCall(attempt: Attempt, call: ts.CallExpression): void {
  const { expression } = call;
  if (isCallOf(attempt, call, 'asPool')) attempt.keep(attempt.knowledge.ownerOfProduct(call, 'facade'));
  if (isCallOf(attempt, call, 'toAsyncResult')) attempt.keep(attempt.knowledge.ownerOfProduct(call, 'handle'));
  if (!ts.isPropertyAccessExpression(expression) || expression.name.text !== 'use') return;
  const type = attempt.checker.getTypeAtLocation(expression.expression);
  const [construct] = type.getConstructSignatures();
  const name = construct?.getReturnType().symbol?.name;
  if (name !== 'Pool' && name !== 'ThreadPool') return;
  if (attempt.isKept('facade')) return;
  const [, body] = call.arguments;
  if (body !== undefined) endBody(attempt, body, TERMINATING, (parameter) => isAllSettledOrReturned(attempt, parameter));
}

/** What the body returns, `use` itself awaits. */
function isAllSettledOrReturned(attempt: Attempt, parameter: ts.Identifier): boolean {
  const symbol = attempt.knowledge.symbolOf(parameter);
  if (symbol === undefined) return false;
  return attempt.knowledge.referencesOf(symbol).every((reference) => {
    if (reference === parameter || isSettledUse(attempt, reference)) return true;
    const use = methodCallOn(reference);
    if (use === undefined || !['apply', 'map', 'starmap'].includes(use.name)) return false;
    const { parent } = use.call;
    const fn = ts.isReturnStatement(parent) ? ts.findAncestor(parent, ts.isFunctionLike) : parent;
    return fn === parameter.parent.parent;
  });
}

function visitClass(attempt: Attempt, node: ts.ClassLikeDeclaration): void {
  const clause = node.heritageClauses?.find(({ token }) => token === ts.SyntaxKind.ExtendsKeyword);
  const [base] = clause?.types ?? [];
  if (base === undefined || attempt.knowledge.kindOf(base)?.api !== 'pool') return;
  const type = attempt.checker.getTypeAtLocation(base);
  if (!node.members.some((member) => member.name !== undefined && type.getProperty(member.name.getText()) !== undefined)) return;
  attempt.leave(node, 'overridden-methods');
  attempt.keep(EVERYTHING);
}

/** `error instanceof PoolTerminatedError`, `x instanceof Pool`. */
function visitInstanceOf(attempt: Attempt, node: ts.BinaryExpression): void {
  if (node.operatorToken.kind !== ts.SyntaxKind.InstanceOfKeyword) return;
  const right = ts.isPropertyAccessExpression(node.right) ? node.right.name : node.right;
  if (!ts.isIdentifier(right)) return;
  const book = attempt.bookOf(node);
  const name = book.names.get(right);
  if (name?.library !== 'twinpool' || name.how === 'indirect') return;
  if (name.name === 'Pool' && !attempt.isKept('facade')) book.change(right, 'Executor');
  else if (name.name === 'PoolTerminatedError') {
    // What waited is cancelled there, what ran fails.
    book.change(right, 'BrokenExecutorError');
    const cancelled = attempt.need(node, 'CancelledError');
    attempt.replace(node, () => {
      const left = attempt.print(node.left);
      return `(${left} instanceof ${attempt.print(node.right)} || ${left} instanceof ${cancelled()})`;
    });
  }
}

function visitText(attempt: Attempt, node: ts.StringLiteral): void {
  if (node.text === 'ERR_TWINPOOL_POOL_CLOSED')
    attempt.replace(node, () => node.getText().replace(node.text, 'ERR_TWINPOOL_EXECUTOR_SHUTDOWN'));
  else if (node.text === 'ERR_TWINPOOL_POOL_TERMINATED') attempt.leave(node, 'terminated-code');
}

function visitExport(attempt: Attempt, node: ts.ExportDeclaration): void {
  const { moduleSpecifier, exportClause } = node;
  if (moduleSpecifier === undefined || !ts.isStringLiteral(moduleSpecifier)) return;
  const match = /^(@?twinpool\/)pool$/.exec(moduleSpecifier.text);
  if (exportClause === undefined) {
    if (match !== null && !attempt.isKept('facade')) attempt.bookOf(node).changeStar(node, `${match[1]}executor`);
    return;
  }
  if (!/^@?twinpool(\/|$)/.test(moduleSpecifier.text) || !ts.isNamedExports(exportClause)) return;
  for (const specifier of exportClause.elements) {
    const imported = (specifier.propertyName ?? specifier.name).text;
    const family = FAMILY_OF_NAME.get(imported);
    const to = POOL_NAMES.get(imported);
    if (to !== undefined && !(family !== undefined && attempt.isKept(family))) attempt.bookOf(node).changeReexport(specifier, to);
  }
}

/** A name in a type, at a construction, or as a value. */
function visitName(attempt: Attempt, identifier: ts.Identifier, { name, how }: LibraryName): void {
  if (how === 'indirect' || isBinding(identifier)) return;
  const to = POOL_NAMES.get(name);
  if (to === undefined) {
    if (name === 'PoolRunningError') attempt.leave(identifier, 'pool-running-error');
    return;
  }
  if (/Error$/.test(name) && attempt.isKept('errors')) return;
  const family = FAMILY_OF_NAME.get(name);
  const owner = family === undefined ? undefined : ownerOfName(attempt, identifier, family);
  if (owner !== undefined && attempt.isKept(owner)) return;
  attempt.bookOf(identifier).change(identifier, to);
}

function isBinding({ parent }: ts.Identifier): boolean {
  return (
    ts.isImportSpecifier(parent) ||
    ts.isImportClause(parent) ||
    ts.isNamespaceImport(parent) ||
    (ts.isBindingElement(parent) && parent.initializer === undefined)
  );
}

/** Whose name it is: of what is constructed or declared here, else of all that is passed on. */
function ownerOfName(attempt: Attempt, identifier: ts.Identifier, family: 'facade' | 'handle' | 'iterator'): Owner {
  const top = ts.isPropertyAccessExpression(identifier.parent) ? identifier.parent : identifier;
  if (ts.isNewExpression(top.parent) && top.parent.expression === top) return attempt.knowledge.ownerOfProduct(top.parent, family);
  const reference = ts.findAncestor(identifier, ts.isTypeReferenceNode);
  if (reference !== undefined && ts.isVariableDeclaration(reference.parent) && ts.isIdentifier(reference.parent.name)) {
    return attempt.knowledge.ownerOf(reference.parent.name, family);
  }
  return family;
}
