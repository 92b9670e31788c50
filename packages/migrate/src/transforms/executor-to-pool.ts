/**
 * Translates the executor API to the pool API: one pass over all names, methods and options.
 *
 *   supported call    -> the call of the pool
 *   unsupported call  -> marked; goes through an adapter (`asExecutor(pool).map(…)`, `toFuture(result).running()`), or its owner is kept
 *
 * `wait` and `asCompleted` accept the handles of both APIs and stay. This file does not know how the text is printed.
 */
import ts from 'typescript';
import { EVERYTHING, type Owner } from '../analysis.ts';
import { isAwaited, methodCallOn } from '../expression-context.ts';
import type { LibraryName } from '../import-editor.ts';
import { isSharedProperty, type Kind } from '../library-kind.ts';
import { optionValue, readOptions } from '../options-argument.ts';
import type { Pass } from '../pass.ts';
import { DRAINING, endBody, endDeclaration, isGuard } from '../scope-end.ts';
import { endExecutor } from './end-executor.ts';
import { addDoneCallback, broadcast, runInExecutor, submit } from './executor-calls.ts';
import { mapCall, unsupportedMapReason } from './executor-maps.ts';
import { renameOption } from './rename-option.ts';

/** The new names. */
export const EXECUTOR_NAMES: ReadonlyMap<string, string> = new Map([
  ['ProcessPoolExecutor', 'Pool'],
  ['ThreadPoolExecutor', 'ThreadPool'],
  ['Executor', 'Pool'],
  ['ExecutorOptions', 'PoolOptions'],
  ['ExecutorCalls', 'PoolCalls'],
  ['Future', 'AsyncResult'],
  ['ResultIterator', 'IMapIterator'],
  ['ExecutorMapOptions', 'MapOptions'],
  ['ExecutorShutdownError', 'PoolClosedError'],
]);

const FAMILY_OF_NAME: ReadonlyMap<string, 'facade' | 'handle' | 'iterator'> = new Map([
  ['ProcessPoolExecutor', 'facade'],
  ['ThreadPoolExecutor', 'facade'],
  ['Executor', 'facade'],
  ['ExecutorCalls', 'facade'],
  ['Future', 'handle'],
  ['ResultIterator', 'iterator'],
]);

const HANDLE_METHODS: ReadonlyMap<string, string> = new Map([
  ['result', 'get'],
  ['done', 'ready'],
  ['exception', 'exception'],
  ['cancel', 'cancel'],
  ['then', 'then'],
  ['catch', 'catch'],
  ['finally', 'finally'],
]);

/** Runs one pass over all files. */
export function executorToPool(pass: Pass): void {
  for (const file of pass.analysis.files) {
    for (const [identifier, name] of pass.importEditorOf(file).names) if (name.library === 'twinpool') visitName(pass, identifier, name);
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
  else if (ts.isBinaryExpression(node)) visitBinary(pass, node);
  else if (ts.isCallExpression(node)) visitCall(pass, node);
  renameOption(pass, node, 'ExecutorOptions', 'maxWorkers', 'processes');
  ts.forEachChild(node, (child) => visit(pass, child));
}

function visitMember(pass: Pass, access: ts.PropertyAccessExpression, method: string): void {
  const kind = pass.analysis.kindOf(access.expression);
  if (kind?.api !== 'executor' || kind.hasOverrides) return;
  const call = ts.isCallExpression(access.parent) && access.parent.expression === access ? access.parent : undefined;
  if (call === undefined) {
    if (!isSharedProperty(kind, method)) markMember(pass, access, kind);
  } else if (kind.family === 'facade') facadeCall(pass, call, access, kind);
  else if (kind.family === 'handle') handleCall(pass, call, access);
  else iteratorCall(pass, call, access, method);
}

function visitElement(pass: Pass, node: ts.ElementAccessExpression): void {
  const kind = pass.analysis.kindOf(node.expression);
  if (kind?.api !== 'executor' || kind.hasOverrides) return;
  const argument = node.argumentExpression;
  if (ts.isPropertyAccessExpression(argument) && argument.expression.getText() === 'Symbol') {
    if (kind.family === 'facade' && argument.name.text === 'asyncDispose') pass.markUntranslated(node, 'member-as-value');
    if (kind.family !== 'facade') return;
    pass.keep(pass.analysis.ownerOf(node.expression, kind.family));
    return;
  }
  markMember(pass, node, kind);
}

function markMember(pass: Pass, access: ts.PropertyAccessExpression | ts.ElementAccessExpression, kind: Kind): void {
  const owner = pass.analysis.ownerOf(access.expression, kind.family);
  pass.markUntranslated(access, 'member-as-value');
  if (kind.family === 'facade' && kind.name !== 'ExecutorCalls') {
    if (pass.isKept(owner)) return;
    bridge(pass, access.expression, 'asExecutor');
    if (ts.isPropertyAccessExpression(access.parent) && access.parent.name.text === 'bind' && ts.isCallExpression(access.parent.parent)) {
      const [self] = access.parent.parent.arguments;
      if (self !== undefined) bridge(pass, self, 'asExecutor');
    }
    pass.keep('handle');
    pass.keep('iterator');
  } else pass.keep(owner);
}

function bridge(pass: Pass, receiver: ts.Expression, name: 'asExecutor' | 'toFuture'): void {
  const adapter = pass.need(receiver, name);
  pass.replace(receiver, () => `${adapter()}(${pass.rewriter.printInside(receiver)})`);
}

function facadeCall(pass: Pass, call: ts.CallExpression, access: ts.PropertyAccessExpression, kind: Kind): void {
  const { analysis } = pass;
  const method = access.name.text;
  const owner = analysis.ownerOf(access.expression, 'facade');
  const product = productOf(pass, call);
  const reason = unsupportedReason(pass, call, method, product?.owner);
  if (reason !== undefined) pass.markUntranslated(call, reason);
  if (reason === 'map-timeout') pass.keep('options');
  if (pass.isKept(owner)) {
    // A kept executor throws its own errors. An adapter throws the errors of the pool.
    if (typeof owner === 'string' || !('kind' in owner)) pass.keep('errors');
    if (product !== undefined) pass.keep(product.owner);
    return;
  }
  // These calls end the executor. An adapter would end only itself.
  if (reason !== undefined && product === undefined) {
    pass.keep(owner);
    return;
  }
  if (product !== undefined && (reason !== undefined || pass.isKept(product.owner))) {
    pass.keep(product.owner);
    if (kind.name === 'ExecutorCalls') pass.keep(owner);
    else bridge(pass, access.expression, 'asExecutor');
    return;
  }
  if (method === 'submit') submit(pass, call, access.expression);
  else if (method === 'broadcast') broadcast(pass, call, access.expression);
  else if (method === 'map') mapCall(pass, call, access.expression);
  else if (method === 'shutdown' || method === 'terminateWorkers' || method === 'killWorkers')
    endExecutor(pass, call, access.expression, method);
}

function productOf(pass: Pass, call: ts.CallExpression): { readonly owner: Owner } | undefined {
  const kind = pass.analysis.kindOf(call);
  return kind?.api === 'executor' ? { owner: pass.analysis.ownerOfProduct(call, kind.family) } : undefined;
}

function unsupportedReason(pass: Pass, call: ts.CallExpression, method: string, _owner: Owner | undefined): string | undefined {
  switch (method) {
    case 'map':
      return unsupportedMapReason(pass, call);
    case 'shutdown': {
      const options = readOptions(pass, call.arguments[0]);
      const cancel = optionValue(options, 'cancelFutures');
      if (options.names.has('timeout')) return 'shutdown-timeout';
      if (options.form === 'opaque') return 'cancel-futures';
      return cancel !== undefined && cancel.kind !== ts.SyntaxKind.FalseKeyword ? 'cancel-futures' : undefined;
    }
    default:
      return undefined;
  }
}

function handleCall(pass: Pass, call: ts.CallExpression, access: ts.PropertyAccessExpression): void {
  const receiver = access.expression;
  const method = access.name.text;
  const isKept = pass.isKept(pass.analysis.ownerOf(receiver, 'handle'));
  if (method === 'addDoneCallback') {
    // A future that is done runs the callback at once, before the next line.
    const isDone = new RegExp(`\\bawait ${receiver.getText().replace(/[^\w.]/g, '')}\\b`).test(
      call.getSourceFile().text.slice(0, call.getStart()),
    );
    const isBridged = ts.isCallExpression(receiver) && /\btoFuture$/.test(receiver.expression.getText());
    if (isBridged || (isDone && ts.isIdentifier(receiver))) {
      pass.markUntranslated(call, 'done-callback');
      // The callback receives a future.
      pass.keep('handle');
      if (!isKept && !isBridged) bridge(pass, receiver, 'toFuture');
    } else if (!isKept) addDoneCallback(pass, call, receiver);
    return;
  }
  const renamed = HANDLE_METHODS.get(method);
  if (renamed === undefined) {
    const isByHand = method.startsWith('set');
    // The constructor of the future is already marked.
    if (!(isByHand && isKept)) pass.markUntranslated(call, isByHand ? 'settled-by-hand' : 'future-state');
    if (!isKept && method.startsWith('set')) pass.keep(pass.analysis.ownerOf(receiver, 'handle'));
    else if (!isKept) bridge(pass, receiver, 'toFuture');
  } else if (!isKept && renamed !== method) pass.replace(access.name, () => renamed);
}

function iteratorCall(pass: Pass, call: ts.CallExpression, access: ts.PropertyAccessExpression, method: string): void {
  if (method !== 'toArray' || pass.rewriter.has(call)) return;
  const owner = pass.analysis.ownerOf(access.expression, 'iterator');
  // mapCall() translates `toArray()` of a map at the call, or of a variable that is used once.
  if (owner !== 'iterator' || pass.isKept(owner)) return;
  pass.markUntranslated(call, 'results-array');
  pass.keep(owner);
}

function visitNew(pass: Pass, node: ts.NewExpression): void {
  const kind = pass.analysis.kindOf(node);
  if (kind?.api !== 'executor' || kind.hasOverrides) return;
  const owner = pass.analysis.ownerOfProduct(node, kind.family);
  if (kind.family === 'handle') {
    pass.markUntranslated(node, 'settled-by-hand');
    pass.keep(owner);
    return;
  }
  if (kind.family !== 'facade' || pass.isKept(owner)) return;
  const { parent } = node;
  if (ts.isVariableDeclaration(parent)) endDeclaration(pass, parent, DRAINING, () => isAllSettled(pass, parent.name));
}

/** Whether all calls of an executor have settled when its scope ends. */
function isAllSettled(pass: Pass, name: ts.Node): boolean {
  const symbol = pass.analysis.symbolOf(name);
  if (symbol === undefined) return false;
  return pass.analysis.referencesOf(symbol).every((reference) => reference === name || isSettledUse(pass, reference));
}

function isSettledUse(pass: Pass, reference: ts.Identifier): boolean {
  const statement = ts.findAncestor(reference, ts.isStatement);
  if (statement !== undefined && isGuard(statement)) return true;
  const use = methodCallOn(reference);
  if (use === undefined) return false;
  const next = methodCallOn(use.call);
  switch (use.name) {
    case 'submit':
      return next === undefined ? isAwaited(use.call) : next.name === 'result' && next.call.arguments.length === 0 && isAwaited(next.call);
    case 'map':
      return next?.name === 'toArray' && isAwaited(next.call) && continuesOnError(pass, use.call);
    case 'shutdown':
    case 'terminateWorkers':
    case 'killWorkers':
      return isAwaited(use.call) && use.call.arguments.length === 0;
    default:
      return use.name === 'stats';
  }
}

function continuesOnError(pass: Pass, call: ts.CallExpression): boolean {
  return (
    optionValue(readOptions(pass, call.arguments.at(-1)), 'onError')
      ?.getText()
      .includes('continue') ?? false
  );
}

/** Translates `ProcessPoolExecutor.use(options, body)`, and calls of the adapters. */
function visitCall(pass: Pass, call: ts.CallExpression): void {
  const { expression } = call;
  const callee = ts.isPropertyAccessExpression(expression) ? expression.name : expression;
  const name = ts.isIdentifier(callee) ? pass.importEditorOf(call).names.get(callee)?.name : undefined;
  if (name === 'asExecutor') pass.keep(pass.analysis.ownerOfProduct(call, 'facade'));
  else if (name === 'toFuture') pass.keep(pass.analysis.ownerOfProduct(call, 'handle'));
  else if (name === 'asPool' || name === 'toAsyncResult') collapse(pass, call);
  else if (name === 'runInExecutor') runInExecutor(pass, call, callee as ts.Identifier);
  if (!ts.isPropertyAccessExpression(expression) || expression.name.text !== 'use' || pass.isKept('facade')) return;
  const [construct] = pass.checker.getTypeAtLocation(expression.expression).getConstructSignatures();
  const made = construct?.getReturnType().symbol?.name;
  if (made !== 'ProcessPoolExecutor' && made !== 'ThreadPoolExecutor') return;
  const [, body] = call.arguments;
  if (body !== undefined) endBody(pass, body, DRAINING, (parameter) => isAllSettled(pass, parameter) || isReturned(pass, parameter));
}

/** Whether the only use of the parameter is a `submit` that the body returns. */
function isReturned(pass: Pass, parameter: ts.Identifier): boolean {
  const symbol = pass.analysis.symbolOf(parameter);
  const uses = symbol === undefined ? [] : pass.analysis.referencesOf(symbol).filter((reference) => reference !== parameter);
  const [use] = uses;
  const method = use === undefined ? undefined : methodCallOn(use);
  return uses.length === 1 && method?.name === 'submit' && method.call.parent === parameter.parent.parent;
}

/** Replaces `asPool(executor)` with the executor if that has become a pool. */
function collapse(pass: Pass, call: ts.CallExpression): void {
  const [argument] = call.arguments;
  if (argument === undefined) return;
  const kind = pass.analysis.kindOf(argument);
  if (kind?.api !== 'executor' || kind.hasOverrides || pass.isKept(pass.analysis.ownerOf(argument, kind.family))) return;
  const callee = ts.isPropertyAccessExpression(call.expression) ? call.expression.name : call.expression;
  pass.importEditorOf(call).drop(callee as ts.Identifier);
  pass.replace(call, () => pass.print(argument));
}

function visitClass(pass: Pass, node: ts.ClassLikeDeclaration): void {
  const clause = node.heritageClauses?.find(({ token }) => token === ts.SyntaxKind.ExtendsKeyword);
  const [base] = clause?.types ?? [];
  if (base === undefined) return;
  const kind = pass.analysis.kindOf(base);
  if (kind?.api !== 'executor') return;
  const type = pass.checker.getTypeAtLocation(base);
  const isOverriding = node.members.some((member) => member.name !== undefined && type.getProperty(member.name.getText()) !== undefined);
  if (!isOverriding && kind.name !== 'Executor') return;
  pass.markUntranslated(node, kind.name === 'Executor' ? 'custom-executor' : 'overridden-methods');
  pass.keep(EVERYTHING);
}

function visitBinary(pass: Pass, node: ts.BinaryExpression): void {
  if (node.operatorToken.kind === ts.SyntaxKind.BarBarToken) visitPair(pass, node);
  if (node.operatorToken.kind !== ts.SyntaxKind.InstanceOfKeyword) return;
  const right = ts.isPropertyAccessExpression(node.right) ? node.right.name : node.right;
  if (!ts.isIdentifier(right) || pass.rewriter.has(node)) return;
  const importEditor = pass.importEditorOf(node);
  const name = importEditor.names.get(right);
  if (name?.library !== 'twinpool' || name.how === 'indirect') return;
  if (name.name === 'BrokenExecutorError' && endsByForce(pass) && !pass.rewriter.has(node.parent)) {
    const terminated = pass.need(node, 'PoolTerminatedError');
    pass.replace(node, () => {
      const left = pass.print(node.left);
      return `(${left} instanceof ${pass.print(node.right)} || ${left} instanceof ${terminated()})`;
    });
  } else if (name.name === 'ProcessPoolExecutor' && !pass.isKept('facade')) {
    const threads = pass.need(node, 'ThreadPool');
    pass.replace(node, () => {
      const left = pass.print(node.left);
      return `(${left} instanceof ${pass.print(node.right)} && !(${left} instanceof ${threads()}))`;
    });
  }
}

/** Translates `error instanceof BrokenExecutorError || error instanceof CancelledError`, which a rewrite wrote for `PoolTerminatedError`. */
function visitPair(pass: Pass, node: ts.BinaryExpression): void {
  const { left, right } = node;
  if (!ts.isBinaryExpression(left) || !ts.isBinaryExpression(right) || left.left.getText() !== right.left.getText()) return;
  const importEditor = pass.importEditorOf(node);
  const [first, second] = [left.right, right.right].map((each) => (ts.isPropertyAccessExpression(each) ? each.name : each));
  if (first === undefined || second === undefined || !ts.isIdentifier(first) || !ts.isIdentifier(second)) return;
  if (importEditor.names.get(first)?.name !== 'BrokenExecutorError' || importEditor.names.get(second)?.name !== 'CancelledError') return;
  if (left.operatorToken.kind !== ts.SyntaxKind.InstanceOfKeyword || right.operatorToken.kind !== ts.SyntaxKind.InstanceOfKeyword) return;
  importEditor.change(first, 'PoolTerminatedError');
  importEditor.drop(second);
  const whole = ts.isParenthesizedExpression(node.parent) ? node.parent : node;
  pass.replace(whole, () => `${pass.print(left.left)} instanceof ${pass.print(left.right)}`);
}

function endsByForce(pass: Pass): boolean {
  return pass.analysis.files.some(({ text }) => /\.(terminateWorkers|killWorkers)\(/.test(text));
}

function visitText(pass: Pass, node: ts.StringLiteral): void {
  if (node.text === 'ERR_TWINPOOL_EXECUTOR_SHUTDOWN')
    pass.replace(node, () => node.getText().replace(node.text, 'ERR_TWINPOOL_POOL_CLOSED'));
}

function visitExport(pass: Pass, node: ts.ExportDeclaration): void {
  const { moduleSpecifier, exportClause } = node;
  if (moduleSpecifier === undefined || !ts.isStringLiteral(moduleSpecifier)) return;
  const match = /^(@?twinpool\/)executor$/.exec(moduleSpecifier.text);
  if (exportClause === undefined) {
    if (match !== null && !pass.isKept('facade')) pass.importEditorOf(node).changeStar(node, `${match[1]}pool`);
    return;
  }
  if (!/^@?twinpool(\/|$)/.test(moduleSpecifier.text) || !ts.isNamedExports(exportClause)) return;
  for (const specifier of exportClause.elements) {
    const imported = (specifier.propertyName ?? specifier.name).text;
    const family = FAMILY_OF_NAME.get(imported);
    const to = EXECUTOR_NAMES.get(imported);
    if (to !== undefined && !(family !== undefined && pass.isKept(family))) pass.importEditorOf(node).changeReexport(specifier, to);
  }
}

function visitName(pass: Pass, identifier: ts.Identifier, { name, how }: LibraryName): void {
  if (how === 'indirect' || isBinding(identifier)) return;
  const to = EXECUTOR_NAMES.get(name);
  if (to === undefined) return;
  if (/Error$/.test(name) && pass.isKept('errors')) return;
  const family = FAMILY_OF_NAME.get(name);
  if (name === 'ExecutorMapOptions' && pass.isKept('options')) return;
  if (family !== undefined && pass.isKept(ownerOfName(pass, identifier, family))) return;
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

function ownerOfName(pass: Pass, identifier: ts.Identifier, family: 'facade' | 'handle' | 'iterator'): Owner {
  const top = ts.isPropertyAccessExpression(identifier.parent) ? identifier.parent : identifier;
  if (ts.isNewExpression(top.parent) && top.parent.expression === top) return pass.analysis.ownerOfProduct(top.parent, family);
  const reference = ts.findAncestor(identifier, ts.isTypeReferenceNode);
  if (reference !== undefined && ts.isVariableDeclaration(reference.parent) && ts.isIdentifier(reference.parent.name)) {
    return pass.analysis.ownerOf(reference.parent.name, family);
  }
  return family;
}
