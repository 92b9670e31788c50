/**
 * Finds the code that tests for errors of another library: its names and its messages.
 *
 *   error.name === 'AbortError'          -> isAbort(error), if a call of the unit has a signal
 *   any other test of a known error      -> a problem at the test
 *
 * It reads the files of a unit and the files that import them. This file does not know which calls fail.
 */
import ts from 'typescript';
import type { Api } from '../library-kind.ts';
import type { Unit } from '../units/unit.ts';
import type { ForeignContext } from './foreign-context.ts';

/** Messages of the libraries, with an example for each part that varies. */
const MESSAGES: Readonly<Partial<Record<Api, readonly string[]>>> = {
  piscina: [
    'Terminating worker thread',
    'Task queue is at limit',
    'No task queue available and all Workers are busy',
    'filename must be provided to run() or in options object',
    'The task has been aborted',
    'Close operation timed out',
    'worker exited with code: 1',
  ],
  tinypool: [
    'Terminating worker thread',
    'Task queue is at limit',
    'No task queue available and all Workers are busy',
    'filename must be provided to run() or in options object',
    'The task has been aborted',
    'The task has been cancelled',
    'Worker exited unexpectedly',
    'Failed to terminate worker',
  ],
  workerpool: [
    'Workerpool Worker terminated Unexpectedly\n    exitCode: `3`\n    signalCode: `null`',
    'Worker terminated',
    'Worker is terminated',
    'Worker terminating',
    'Pool terminated',
    'promise cancelled',
    'Promise timed out after 100 ms',
    'Max queue size of 10 reached',
    'Unknown method "add"',
    'Failed to terminate worker',
  ],
  'jest-worker': [
    'Call retries were exceeded',
    'Jest worker encountered 4 child process exceptions, exceeding retry limit',
    'Jest worker ran out of memory and crashed',
    'A jest worker process (pid=1234) crashed for an unknown reason: exitCode=1',
    'A jest worker process (pid=1234) was terminated by another process: signal=SIGKILL, exitCode=null. Operating system logs may contain more information on why this occurred.',
    'Farm is ended, no more calls can be done to it',
    'Child process is not running.',
  ],
};

/** Names of errors that no other code throws. */
const NAMES: Readonly<Partial<Record<Api, readonly string[]>>> = {
  workerpool: ['CancellationError', 'TerminateError'],
  tinypool: ['CancelError'],
};

/** Texts that a test for an error of a task, or of anything else, matches. */
const NEUTRAL: readonly string[] = [
  '',
  'x',
  'boom',
  'some value is not valid',
  'ENOENT: no such file or directory, open /tmp/a.txt',
  'Hello, World 123',
];

export function planErrorTests(ctx: ForeignContext, unit: Unit): void {
  const messages = MESSAGES[unit.api] ?? [];
  const names = NAMES[unit.api] ?? [];
  const own = unit.files;
  for (const file of ctx.analysis.files) {
    if (![...ctx.links.importedBy(file)].some((each) => own.has(each))) continue;
    const visit = (node: ts.Node): void => {
      if (ts.isStringLiteralLike(node)) visitText(node);
      else if (ts.isRegularExpressionLiteral(node) && matches(node, messages)) unit.problem(node, 'error-test', node.text);
      ts.forEachChild(node, visit);
    };
    const visitText = (node: ts.StringLiteralLike): void => {
      const { text } = node;
      if (text === 'AbortError' && unit.isAbortable && own.has(file)) planAbort(ctx, unit, node);
      else if (text === 'ABORT_ERR' && unit.isAbortable && own.has(file)) unit.problem(node, 'error-test', text);
      else if (text === 'TimeoutError' && unit.api === 'workerpool' && isNameTest(node)) unit.problem(node, 'error-test', text);
      else if (
        isTested(node) &&
        (names.includes(text) || (isMessage(node) && messages.some((message) => message.toLowerCase().includes(text.toLowerCase()))))
      )
        unit.problem(node, 'error-test', text);
    };
    visit(file);
  }
}

/** The last part of the names of functions that compare their arguments with an error. */
const COMPARING =
  /(includes|startsWith|endsWith|indexOf|match|search|throws?(Async)?|rejects?|equals?|is|like|to(Throw|Reject|Match|Contain|Be|Equal|HaveProperty)\w*|with|message)$/i;

/** Whether a text is compared with something, or given to a function that compares. */
function isTested(node: ts.StringLiteralLike): boolean {
  const { parent } = node;
  if (ts.isBinaryExpression(parent))
    return (
      parent.operatorToken.kind >= ts.SyntaxKind.EqualsEqualsToken &&
      parent.operatorToken.kind <= ts.SyntaxKind.ExclamationEqualsEqualsToken
    );
  if (ts.isCaseClause(parent) || (ts.isPropertyAssignment(parent) && /^(message|name)$/.test(parent.name.getText()))) return true;
  if (ts.isNewExpression(parent)) return ts.isCallExpression(parent.parent) && COMPARING.test(parent.parent.expression.getText());
  if (ts.isArrayLiteralExpression(parent)) return ts.isPropertyAccessExpression(parent.parent);
  return ts.isCallExpression(parent) && parent.arguments.includes(node) && COMPARING.test(parent.expression.getText());
}

/** Whether a text may be a part of a message: several words, or compared with a message. */
function isMessage(node: ts.StringLiteralLike): boolean {
  return (
    node.text.trim().length >= 9 &&
    (node.text.trim().includes(' ') || /\bmessage\b/.test(node.parent.getText().replace(node.getText(), '')))
  );
}

function isNameTest(node: ts.StringLiteralLike): boolean {
  return ts.isBinaryExpression(node.parent) && /\.name\b/.test(node.parent.getText());
}

function planAbort(ctx: ForeignContext, unit: Unit, node: ts.StringLiteralLike): void {
  const test = node.parent;
  const kind = ts.isBinaryExpression(test) ? test.operatorToken.kind : undefined;
  const isEqual = kind === ts.SyntaxKind.EqualsEqualsEqualsToken || kind === ts.SyntaxKind.EqualsEqualsToken;
  const isUnequal = kind === ts.SyntaxKind.ExclamationEqualsEqualsToken || kind === ts.SyntaxKind.ExclamationEqualsToken;
  const left = ts.isBinaryExpression(test) ? (test.left === node ? test.right : test.left) : undefined;
  if ((!isEqual && !isUnequal) || left === undefined || !ts.isPropertyAccessExpression(left) || left.name.text !== 'name') {
    unit.problem(node, 'error-test', node.text);
    return;
  }
  unit.edit(() => {
    const isAbort = ctx.edits.need(node, 'isAbort');
    ctx.edits.replace(test, () => `${isUnequal ? '!' : ''}${isAbort}(${ctx.print(left.expression)})`);
  });
}

function matches(node: ts.RegularExpressionLiteral, messages: readonly string[]): boolean {
  const end = node.text.lastIndexOf('/');
  const source = node.text.slice(1, end);
  if (source.replace(/[^\w\s]/g, '').length < 5) return false;
  try {
    const pattern = new RegExp(source, node.text.slice(end + 1).replace(/[gy]/g, ''));
    return messages.some((message) => pattern.test(message)) && !NEUTRAL.some((text) => pattern.test(text));
  } catch {
    return false;
  }
}
