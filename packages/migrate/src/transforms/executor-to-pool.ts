/**
 * From `concurrent.futures` to `multiprocessing.Pool`: every name, method and option of an executor, and what each becomes.
 *
 * Decides what keeps its meaning; the rest is left to bridges of the adapters (`asExecutor(pool).map(…)`, `toFuture(result).running()`), and is
 * marked. `wait` and `asCompleted` take the handles of both, and stay.
 */
import ts from 'typescript';
import { isAwaited, methodCallOn } from '../context.ts';
import type { Kind } from '../kinds.ts';
import type { LibraryName } from '../name-book.ts';
import { readOptions, writtenValue } from '../options.ts';
import { DRAINING, endBody, endDeclaration, isGuard } from '../scope-end.ts';
import { type Attempt, EVERYTHING, type Owner } from '../session.ts';
import { renameOption } from './construction.ts';
import { addDoneCallback, runInExecutor, submit } from './executor-calls.ts';
import { end } from './executor-ends.ts';
import { mapCall, reasonAgainstMap } from './executor-maps.ts';

/** What the names become. */
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

/** One attempt over all files. */
export function executorToPool(attempt: Attempt): void {
  for (const file of attempt.knowledge.files) {
    for (const [identifier, name] of attempt.bookOf(file).names) if (name.library === 'twinpool') visitName(attempt, identifier, name);
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
  else if (ts.isBinaryExpression(node)) visitBinary(attempt, node);
  else if (ts.isCallExpression(node)) visitCall(attempt, node);
  renameOption(attempt, node, 'ExecutorOptions', 'maxWorkers', 'processes');
  ts.forEachChild(node, (child) => visit(attempt, child));
}

function visitMember(attempt: Attempt, access: ts.PropertyAccessExpression, method: string): void {
  const kind = attempt.knowledge.kindOf(access.expression);
  if (kind?.api !== 'executor' || kind.isForeign) return;
  const call = ts.isCallExpression(access.parent) && access.parent.expression === access ? access.parent : undefined;
  if (call === undefined) leaveMember(attempt, access, kind);
  else if (kind.family === 'facade') facadeCall(attempt, call, access, kind);
  else if (kind.family === 'handle') handleCall(attempt, call, access);
  else iteratorCall(attempt, call, access, method);
}

function visitElement(attempt: Attempt, node: ts.ElementAccessExpression): void {
  const kind = attempt.knowledge.kindOf(node.expression);
  if (kind?.api !== 'executor' || kind.isForeign) return;
  const argument = node.argumentExpression;
  if (ts.isPropertyAccessExpression(argument) && argument.expression.getText() === 'Symbol') {
    if (kind.family === 'facade' && argument.name.text === 'asyncDispose') attempt.leave(node, 'member-as-value');
    if (kind.family !== 'facade') return;
    attempt.keep(attempt.knowledge.ownerOf(node.expression, kind.family));
    return;
  }
  leaveMember(attempt, node, kind);
}

function leaveMember(attempt: Attempt, access: ts.PropertyAccessExpression | ts.ElementAccessExpression, kind: Kind): void {
  const owner = attempt.knowledge.ownerOf(access.expression, kind.family);
  attempt.leave(access, 'member-as-value');
  if (kind.family === 'facade' && kind.name !== 'ExecutorCalls') {
    if (attempt.isKept(owner)) return;
    bridge(attempt, access.expression, 'asExecutor');
    if (ts.isPropertyAccessExpression(access.parent) && access.parent.name.text === 'bind' && ts.isCallExpression(access.parent.parent)) {
      const [self] = access.parent.parent.arguments;
      if (self !== undefined) bridge(attempt, self, 'asExecutor');
    }
    attempt.keep('handle');
    attempt.keep('iterator');
  } else attempt.keep(owner);
}

function bridge(attempt: Attempt, receiver: ts.Expression, name: 'asExecutor' | 'toFuture'): void {
  const adapter = attempt.need(receiver, name);
  attempt.replace(receiver, () => `${adapter()}(${attempt.rewriter.printInside(receiver)})`);
}

function facadeCall(attempt: Attempt, call: ts.CallExpression, access: ts.PropertyAccessExpression, kind: Kind): void {
  const { knowledge } = attempt;
  const method = access.name.text;
  const owner = knowledge.ownerOf(access.expression, 'facade');
  const product = productOf(attempt, call);
  const cannot = reasonAgainst(attempt, call, method, product?.owner);
  if (cannot !== undefined) attempt.leave(call, cannot);
  if (cannot === 'map-timeout') attempt.keep('options');
  if (attempt.isKept(owner)) {
    // Its errors stay with it; those of a bridge are the other's.
    if (typeof owner === 'string' || !('kind' in owner)) attempt.keep('errors');
    if (product !== undefined) attempt.keep(product.owner);
    return;
  }
  // These end work, and a bridge would end its own only.
  if (cannot !== undefined && product === undefined) {
    attempt.keep(owner);
    return;
  }
  if (product !== undefined && (cannot !== undefined || attempt.isKept(product.owner))) {
    attempt.keep(product.owner);
    if (kind.name === 'ExecutorCalls') attempt.keep(owner);
    else bridge(attempt, access.expression, 'asExecutor');
    return;
  }
  if (method === 'submit') submit(attempt, call, access.expression);
  else if (method === 'map') mapCall(attempt, call, access.expression);
  else if (method === 'shutdown' || method === 'terminateWorkers' || method === 'killWorkers')
    end(attempt, call, access.expression, method);
}

function productOf(attempt: Attempt, call: ts.CallExpression): { readonly owner: Owner } | undefined {
  const kind = attempt.knowledge.kindOf(call);
  return kind?.api === 'executor' ? { owner: attempt.knowledge.ownerOfProduct(call, kind.family) } : undefined;
}

function reasonAgainst(attempt: Attempt, call: ts.CallExpression, method: string, _owner: Owner | undefined): string | undefined {
  switch (method) {
    case 'map':
      return reasonAgainstMap(attempt, call);
    case 'shutdown': {
      const options = readOptions(attempt, call.arguments[0]);
      const cancel = writtenValue(options, 'cancelFutures');
      if (options.names.has('timeout')) return 'shutdown-timeout';
      if (options.form === 'opaque') return 'cancel-futures';
      return cancel !== undefined && cancel.kind !== ts.SyntaxKind.FalseKeyword ? 'cancel-futures' : undefined;
    }
    default:
      return undefined;
  }
}

function handleCall(attempt: Attempt, call: ts.CallExpression, access: ts.PropertyAccessExpression): void {
  const receiver = access.expression;
  const method = access.name.text;
  const isKept = attempt.isKept(attempt.knowledge.ownerOf(receiver, 'handle'));
  if (method === 'addDoneCallback') {
    // One that is done calls back at once, before the next line.
    const isDone = new RegExp(`\\bawait ${receiver.getText().replace(/[^\w.]/g, '')}\\b`).test(
      call.getSourceFile().text.slice(0, call.getStart()),
    );
    const isBridged = ts.isCallExpression(receiver) && /\btoFuture$/.test(receiver.expression.getText());
    if (isBridged || (isDone && ts.isIdentifier(receiver))) {
      attempt.leave(call, 'done-callback');
      // The callback is given a future.
      attempt.keep('handle');
      if (!isKept && !isBridged) bridge(attempt, receiver, 'toFuture');
    } else if (!isKept) addDoneCallback(attempt, call, receiver);
    return;
  }
  const renamed = HANDLE_METHODS.get(method);
  if (renamed === undefined) {
    const isByHand = method.startsWith('set');
    // Where it was made it has said so.
    if (!(isByHand && isKept)) attempt.leave(call, isByHand ? 'settled-by-hand' : 'future-state');
    if (!isKept && method.startsWith('set')) attempt.keep(attempt.knowledge.ownerOf(receiver, 'handle'));
    else if (!isKept) bridge(attempt, receiver, 'toFuture');
  } else if (!isKept && renamed !== method) attempt.replace(access.name, () => renamed);
}

function iteratorCall(attempt: Attempt, call: ts.CallExpression, access: ts.PropertyAccessExpression, method: string): void {
  if (method !== 'toArray' || attempt.rewriter.has(call)) return;
  const owner = attempt.knowledge.ownerOf(access.expression, 'iterator');
  // Of a map that is written here, or a variable that is asked once, the call itself says what it becomes.
  if (owner !== 'iterator' || attempt.isKept(owner)) return;
  attempt.leave(call, 'results-array');
  attempt.keep(owner);
}

function visitNew(attempt: Attempt, node: ts.NewExpression): void {
  const kind = attempt.knowledge.kindOf(node);
  if (kind?.api !== 'executor' || kind.isForeign) return;
  const owner = attempt.knowledge.ownerOfProduct(node, kind.family);
  if (kind.family === 'handle') {
    attempt.leave(node, 'settled-by-hand');
    attempt.keep(owner);
    return;
  }
  if (kind.family !== 'facade' || attempt.isKept(owner)) return;
  const { parent } = node;
  if (ts.isVariableDeclaration(parent)) endDeclaration(attempt, parent, DRAINING, () => isAllSettled(attempt, parent.name));
}

/** Nothing of it can be open when its scope ends. */
function isAllSettled(attempt: Attempt, name: ts.Node): boolean {
  const symbol = attempt.knowledge.symbolOf(name);
  if (symbol === undefined) return false;
  return attempt.knowledge.referencesOf(symbol).every((reference) => reference === name || isSettledUse(attempt, reference));
}

function isSettledUse(attempt: Attempt, reference: ts.Identifier): boolean {
  const statement = ts.findAncestor(reference, ts.isStatement);
  if (statement !== undefined && isGuard(statement)) return true;
  const use = methodCallOn(reference);
  if (use === undefined) return false;
  const next = methodCallOn(use.call);
  switch (use.name) {
    case 'submit':
      return next === undefined ? isAwaited(use.call) : next.name === 'result' && next.call.arguments.length === 0 && isAwaited(next.call);
    case 'map':
      return next?.name === 'toArray' && isAwaited(next.call) && goesOn(attempt, use.call);
    case 'shutdown':
    case 'terminateWorkers':
    case 'killWorkers':
      return isAwaited(use.call) && use.call.arguments.length === 0;
    default:
      return use.name === 'stats';
  }
}

function goesOn(attempt: Attempt, call: ts.CallExpression): boolean {
  return (
    writtenValue(readOptions(attempt, call.arguments.at(-1)), 'onError')
      ?.getText()
      .includes('continue') ?? false
  );
}

/** `ProcessPoolExecutor.use(options, body)`, and calls of the adapters. */
function visitCall(attempt: Attempt, call: ts.CallExpression): void {
  const { expression } = call;
  const callee = ts.isPropertyAccessExpression(expression) ? expression.name : expression;
  const name = ts.isIdentifier(callee) ? attempt.bookOf(call).names.get(callee)?.name : undefined;
  if (name === 'asExecutor') attempt.keep(attempt.knowledge.ownerOfProduct(call, 'facade'));
  else if (name === 'toFuture') attempt.keep(attempt.knowledge.ownerOfProduct(call, 'handle'));
  else if (name === 'asPool' || name === 'toAsyncResult') collapse(attempt, call);
  else if (name === 'runInExecutor') runInExecutor(attempt, call, callee as ts.Identifier);
  if (!ts.isPropertyAccessExpression(expression) || expression.name.text !== 'use' || attempt.isKept('facade')) return;
  const [construct] = attempt.checker.getTypeAtLocation(expression.expression).getConstructSignatures();
  const made = construct?.getReturnType().symbol?.name;
  if (made !== 'ProcessPoolExecutor' && made !== 'ThreadPoolExecutor') return;
  const [, body] = call.arguments;
  if (body !== undefined)
    endBody(attempt, body, DRAINING, (parameter) => isAllSettled(attempt, parameter) || isReturned(attempt, parameter));
}

/** The body returns the one thing that it asks for. */
function isReturned(attempt: Attempt, parameter: ts.Identifier): boolean {
  const symbol = attempt.knowledge.symbolOf(parameter);
  const uses = symbol === undefined ? [] : attempt.knowledge.referencesOf(symbol).filter((reference) => reference !== parameter);
  const [use] = uses;
  const method = use === undefined ? undefined : methodCallOn(use);
  return uses.length === 1 && method?.name === 'submit' && method.call.parent === parameter.parent.parent;
}

/** `asPool(executor)` where the executor has become a pool: the pool. */
function collapse(attempt: Attempt, call: ts.CallExpression): void {
  const [argument] = call.arguments;
  if (argument === undefined) return;
  const kind = attempt.knowledge.kindOf(argument);
  if (kind?.api !== 'executor' || kind.isForeign || attempt.isKept(attempt.knowledge.ownerOf(argument, kind.family))) return;
  const callee = ts.isPropertyAccessExpression(call.expression) ? call.expression.name : call.expression;
  attempt.bookOf(call).drop(callee as ts.Identifier);
  attempt.replace(call, () => attempt.print(argument));
}

function visitClass(attempt: Attempt, node: ts.ClassLikeDeclaration): void {
  const clause = node.heritageClauses?.find(({ token }) => token === ts.SyntaxKind.ExtendsKeyword);
  const [base] = clause?.types ?? [];
  if (base === undefined) return;
  const kind = attempt.knowledge.kindOf(base);
  if (kind?.api !== 'executor') return;
  const type = attempt.checker.getTypeAtLocation(base);
  const isOverriding = node.members.some((member) => member.name !== undefined && type.getProperty(member.name.getText()) !== undefined);
  if (!isOverriding && kind.name !== 'Executor') return;
  attempt.leave(node, kind.name === 'Executor' ? 'custom-executor' : 'overridden-methods');
  attempt.keep(EVERYTHING);
}

function visitBinary(attempt: Attempt, node: ts.BinaryExpression): void {
  if (node.operatorToken.kind === ts.SyntaxKind.BarBarToken) visitPair(attempt, node);
  if (node.operatorToken.kind !== ts.SyntaxKind.InstanceOfKeyword) return;
  const right = ts.isPropertyAccessExpression(node.right) ? node.right.name : node.right;
  if (!ts.isIdentifier(right) || attempt.rewriter.has(node)) return;
  const book = attempt.bookOf(node);
  const name = book.names.get(right);
  if (name?.library !== 'twinpool' || name.how === 'indirect') return;
  if (name.name === 'BrokenExecutorError' && endsByForce(attempt) && !attempt.rewriter.has(node.parent)) {
    const terminated = attempt.need(node, 'PoolTerminatedError');
    attempt.replace(node, () => {
      const left = attempt.print(node.left);
      return `(${left} instanceof ${attempt.print(node.right)} || ${left} instanceof ${terminated()})`;
    });
  } else if (name.name === 'ProcessPoolExecutor' && !attempt.isKept('facade')) {
    const threads = attempt.need(node, 'ThreadPool');
    attempt.replace(node, () => {
      const left = attempt.print(node.left);
      return `(${left} instanceof ${attempt.print(node.right)} && !(${left} instanceof ${threads()}))`;
    });
  }
}

/** `error instanceof BrokenExecutorError || error instanceof CancelledError`: what the end of a pool was. */
function visitPair(attempt: Attempt, node: ts.BinaryExpression): void {
  const { left, right } = node;
  if (!ts.isBinaryExpression(left) || !ts.isBinaryExpression(right) || left.left.getText() !== right.left.getText()) return;
  const book = attempt.bookOf(node);
  const [first, second] = [left.right, right.right].map((each) => (ts.isPropertyAccessExpression(each) ? each.name : each));
  if (first === undefined || second === undefined || !ts.isIdentifier(first) || !ts.isIdentifier(second)) return;
  if (book.names.get(first)?.name !== 'BrokenExecutorError' || book.names.get(second)?.name !== 'CancelledError') return;
  if (left.operatorToken.kind !== ts.SyntaxKind.InstanceOfKeyword || right.operatorToken.kind !== ts.SyntaxKind.InstanceOfKeyword) return;
  book.change(first, 'PoolTerminatedError');
  book.drop(second);
  const whole = ts.isParenthesizedExpression(node.parent) ? node.parent : node;
  attempt.replace(whole, () => `${attempt.print(left.left)} instanceof ${attempt.print(left.right)}`);
}

function endsByForce(attempt: Attempt): boolean {
  return attempt.knowledge.files.some(({ text }) => /\.(terminateWorkers|killWorkers)\(/.test(text));
}

function visitText(attempt: Attempt, node: ts.StringLiteral): void {
  if (node.text === 'ERR_TWINPOOL_EXECUTOR_SHUTDOWN')
    attempt.replace(node, () => node.getText().replace(node.text, 'ERR_TWINPOOL_POOL_CLOSED'));
}

function visitExport(attempt: Attempt, node: ts.ExportDeclaration): void {
  const { moduleSpecifier, exportClause } = node;
  if (moduleSpecifier === undefined || !ts.isStringLiteral(moduleSpecifier)) return;
  const match = /^(@?twinpool\/)executor$/.exec(moduleSpecifier.text);
  if (exportClause === undefined) {
    if (match !== null && !attempt.isKept('facade')) attempt.bookOf(node).changeStar(node, `${match[1]}pool`);
    return;
  }
  if (!/^@?twinpool(\/|$)/.test(moduleSpecifier.text) || !ts.isNamedExports(exportClause)) return;
  for (const specifier of exportClause.elements) {
    const imported = (specifier.propertyName ?? specifier.name).text;
    const family = FAMILY_OF_NAME.get(imported);
    const to = EXECUTOR_NAMES.get(imported);
    if (to !== undefined && !(family !== undefined && attempt.isKept(family))) attempt.bookOf(node).changeReexport(specifier, to);
  }
}

function visitName(attempt: Attempt, identifier: ts.Identifier, { name, how }: LibraryName): void {
  if (how === 'indirect' || isBinding(identifier)) return;
  const to = EXECUTOR_NAMES.get(name);
  if (to === undefined) return;
  if (/Error$/.test(name) && attempt.isKept('errors')) return;
  const family = FAMILY_OF_NAME.get(name);
  if (name === 'ExecutorMapOptions' && attempt.isKept('options')) return;
  if (family !== undefined && attempt.isKept(ownerOfName(attempt, identifier, family))) return;
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

function ownerOfName(attempt: Attempt, identifier: ts.Identifier, family: 'facade' | 'handle' | 'iterator'): Owner {
  const top = ts.isPropertyAccessExpression(identifier.parent) ? identifier.parent : identifier;
  if (ts.isNewExpression(top.parent) && top.parent.expression === top) return attempt.knowledge.ownerOfProduct(top.parent, family);
  const reference = ts.findAncestor(identifier, ts.isTypeReferenceNode);
  if (reference !== undefined && ts.isVariableDeclaration(reference.parent) && ts.isIdentifier(reference.parent.name)) {
    return attempt.knowledge.ownerOf(reference.parent.name, family);
  }
  return family;
}
