/**
 * [R10] A worker that breaks the protocol, over both transports: every field of every message is replaced by an invalid value, messages arrive out
 * of order, twice, and for unknown tasks. The lane ends the worker, its tasks are lost, and the program continues. For each field one invalid value
 * goes over both transports, or four with MATRIX=all (`npm run test:all`); all of them are tried on the form of the message alone.
 *
 *   a task forges a message on its worker's own channel and stays --> WorkerLostError, one anomaly --> the next task runs elsewhere
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { WorkerLostError } from '@twinpool/core';
import { makeGate, outcome, until } from '@twinpool/testkit';
import { forgeAndRunOn, forgeAndStay, forgeAtItem, forgeAtStart, forgeLater, forgeOnce } from '@twinpool/testkit/faults';
import { describe, isLong, it } from '@twinpool/testkit/sample';
import { square } from '@twinpool/testkit/tasks';
import { afterAll, beforeAll, expect } from 'vitest';
import { decodePayload, encodeFrame, FrameReader } from '../../src/wire/frames.ts';
import { checkToWorker, faultFromWorker, isOutput, isPiece, isSpace, isSpaceRequest } from '../../src/wire/message-faults.ts';
import {
  ABORT,
  ACKNOWLEDGED,
  ANSWER,
  AS_BYTES,
  AS_SEPARATE,
  AS_STORED,
  AS_THROWN,
  DEFINE,
  EXITING,
  INIT,
  INIT_FAILED,
  INSPECTED,
  LATE,
  LOADED,
  type Message,
  MODE,
  OUTPUT,
  PIECE,
  PONG,
  READY,
  REPORT,
  SEPARATE_VALUE,
  SPACE,
  STARTED,
  TASKS,
  VALUE_OF,
} from '../../src/wire/messages.ts';
import { encodeThrown } from '../../src/wire/thrown.ts';
import { KINDS, type Kind, Workplace } from './workplace.ts';

/** Invalid values for each field that go over a transport. */
const PER_FIELD = isLong ? 4 : 1;

const deep = (depth: number): unknown => {
  let value: unknown[] = [];
  for (let i = 0; i < depth; i++) value = [value];
  return value;
};

/** What takes the place of a field. */
const JUNK: readonly (readonly [what: string, value: unknown])[] = [
  ['undefined', undefined],
  ['null', null],
  ['true', true],
  ['a text', 'x'],
  ['a long text', 'x'.repeat(10_000)],
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
  ['-1', -1],
  ['-(2 ** 31)', -(2 ** 31)],
  ['a fraction', 1.5],
  ['2 ** 32', 2 ** 32],
  ['2 ** 53', 2 ** 53],
  ['1e308', 1e308],
  ['a big integer', 10n ** 30n],
  ['an object', { length: 1, 0: 'x' }],
  ['two lists', [[], []]],
  ['nested lists', deep(500)],
  ['a list of junk', [null, Number.NaN, {}, [[]]]],
  ['a list of many', new Array(5000).fill(-1)],
  ['a Map', new Map([[0, 1]])],
  ['bytes', new Uint8Array([0xff, 0x0f, 1, 2, 3])],
  ['floats', new Float64Array(7)],
  ['a date', new Date(0)],
];

const thrown = encodeThrown(new TypeError('forged'));
const [, rows] = thrown as [number, Record<string, unknown>[]];
const withRow = (fields: object) => [2, [{ ...rows[0], ...fields }]];

interface Field {
  readonly field: string;
  /** The message with `value` in the place of that field. */
  readonly forge: (value: unknown) => unknown;
  /** Junk that belongs there after all. */
  readonly isFine?: (value: unknown) => boolean;
}

const isRealCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
const isUndefined = (value: unknown) => value === undefined;
/** Whether there is such a slot, only a lane knows. */
const isSlot = (value: unknown) => value === undefined || isRealCount(value);
/** Bytes that cannot be read are a failure of their own task; two lists are a value without Buffers. */
const isPackedJunk = (value: unknown) => value instanceof Uint8Array || (Array.isArray(value) && value.length === 2);
const isBytes = (value: unknown) => value instanceof Uint8Array;
const isNumber = (value: unknown) => Number.isSafeInteger(value) && (value as number) > 0;
const answer = (fields: Record<number, unknown>): unknown[] =>
  Object.assign([ANSWER, 1, ['forged'], undefined, [], 0, 0] as unknown[], fields);
const ofOutcome = (kind: unknown, payload: unknown) => answer({ 2: [undefined], 3: [0, kind, payload] });

const FIELDS: readonly Field[] = [
  { field: 'the message', forge: (value) => value },
  { field: 'its kind', forge: (value) => [value] },
  { field: 'its kind, with the fields of an answer', forge: (value) => answer({ 0: value }) },
  { field: 'ANSWER: count', forge: (value) => answer({ 1: value }) },
  { field: 'ANSWER: values', forge: (value) => answer({ 2: value }), isFine: (value) => Array.isArray(value) && value.length === 1 },
  { field: 'ANSWER: specials', forge: (value) => answer({ 2: [undefined], 3: value }), isFine: isUndefined },
  { field: 'ANSWER: place of a special', forge: (value) => answer({ 2: [undefined], 3: [value, AS_THROWN, thrown] }) },
  { field: 'ANSWER: kind of a special', forge: (value) => ofOutcome(value, thrown) },
  {
    field: 'ANSWER: bytes of a special',
    forge: (value) => ofOutcome(AS_BYTES, value),
    isFine: isPackedJunk,
  },
  { field: 'ANSWER: stored value of a special', forge: (value) => ofOutcome(AS_STORED, value) },
  { field: 'ANSWER: bytes of a stored value', forge: (value) => ofOutcome(AS_STORED, [value, [1]]), isFine: isBytes },
  { field: 'ANSWER: buffers of a stored value', forge: (value) => ofOutcome(AS_STORED, [new Uint8Array(1), value]) },
  { field: 'ANSWER: a buffer of a stored value', forge: (value) => ofOutcome(AS_STORED, [new Uint8Array(1), [value]]), isFine: isNumber },
  { field: 'REPORT: stored value', forge: (value) => [REPORT, AS_STORED, value] },
  { field: 'ANSWER: error of a special', forge: (value) => ofOutcome(AS_THROWN, value) },
  { field: 'ANSWER: rows of an error', forge: (value) => ofOutcome(AS_THROWN, [2, value]) },
  { field: 'ANSWER: a row of an error', forge: (value) => ofOutcome(AS_THROWN, [2, [rows[0], value]]) },
  ...['base', 'name', 'message', 'fields'].map((key) => ({
    field: `ANSWER: ${key} of an error`,
    forge: (value: unknown) => ofOutcome(AS_THROWN, withRow({ [key]: value })),
    isFine: (value: unknown) => key !== 'fields' && typeof value === 'string',
  })),
  ...['stack', 'ours', 'errors'].map((key) => ({
    field: `ANSWER: ${key} of an error`,
    forge: (value: unknown) => ofOutcome(AS_THROWN, withRow({ [key]: value })),
    isFine: (value: unknown) => value === undefined || (key !== 'errors' && typeof value === 'string'),
  })),
  { field: 'ANSWER: a field of an error', forge: (value) => ofOutcome(AS_THROWN, withRow({ fields: [['key', true, value]] })) },
  { field: 'ANSWER: a place in an error', forge: (value) => ofOutcome(AS_THROWN, withRow({ fields: [['key', true, [2, value]]] })) },
  { field: 'ANSWER: segments', forge: (value) => answer({ 4: value }) },
  { field: 'ANSWER: function of a segment', forge: (value) => answer({ 4: [value, 1, 1] }), isFine: (value) => value === 2 ** 32 },
  { field: 'ANSWER: runs of a segment', forge: (value) => answer({ 4: [1, value, 1] }), isFine: (value) => value === 2 ** 32 },
  {
    field: 'ANSWER: time of a segment',
    forge: (value) => answer({ 4: [1, 1, value] }),
    isFine: (value) => typeof value === 'number' && value >= 0 && value < Number.POSITIVE_INFINITY,
  },
  { field: 'ANSWER: acknowledged', forge: (value) => answer({ 5: value }), isFine: isRealCount },
  { field: 'ANSWER: mode', forge: (value) => answer({ 6: value }) },
  {
    field: 'ANSWER: memory',
    forge: (value) => answer({ 7: undefined, 8: value }),
    isFine: (value) => value === undefined || (typeof value === 'number' && value >= 0 && value < Number.POSITIVE_INFINITY),
  },
  { field: 'ANSWER: slot', forge: (value) => answer({ 7: value }), isFine: isSlot },
  { field: 'STARTED: slot', forge: (value) => [STARTED, value], isFine: isSlot },
  { field: 'REPORT: slot', forge: (value) => [REPORT, 0, 1, value], isFine: isSlot },
  { field: 'VALUE_OF: slot', forge: (value) => [VALUE_OF, value], isFine: isRealCount },
  { field: 'ACKNOWLEDGED: slot', forge: (value) => [ACKNOWLEDGED, 0, value], isFine: isSlot },
  { field: 'REPORT: form', forge: (value) => [REPORT, value, 1] },
  { field: 'REPORT: bytes', forge: (value) => [REPORT, AS_BYTES, value], isFine: isPackedJunk },
  { field: 'ACKNOWLEDGED: message', forge: (value) => [ACKNOWLEDGED, value], isFine: isRealCount },
  { field: 'LOADED: function', forge: (value) => [LOADED, value] },
  { field: 'LATE: error', forge: (value) => [LATE, value, true, true] },
  { field: 'LATE: fatal', forge: (value) => [LATE, thrown, value, true], isFine: (value) => value === true },
  { field: 'LATE: running', forge: (value) => [LATE, thrown, true, value], isFine: (value) => value === true },
  { field: 'LATE: slots', forge: (value) => [LATE, thrown, true, true, value], isFine: isUndefined },
  { field: 'LATE: a slot', forge: (value) => [LATE, thrown, true, true, [value]], isFine: isRealCount },
  {
    field: 'LATE: retires',
    forge: (value) => [LATE, thrown, true, true, [], value],
    isFine: (value) => value === undefined || value === true,
  },
  { field: 'EXITING: slots', forge: (value) => [EXITING, true, value], isFine: isUndefined },
  { field: 'EXITING: running', forge: (value) => [EXITING, value], isFine: (value) => value === true },
  { field: 'INIT_FAILED: error', forge: (value) => [INIT_FAILED, value, true] },
  {
    field: 'INIT_FAILED: whether the initializer threw it',
    forge: (value) => [INIT_FAILED, thrown, value],
    isFine: (value) => typeof value === 'boolean',
  },
  { field: 'OUTPUT: stream', forge: (value) => [OUTPUT, value, 'x', undefined] },
  // Text, here, is text that would be printed.
  {
    field: 'OUTPUT: chunk',
    forge: (value) => [OUTPUT, 'stdout', value, undefined],
    isFine: (value) => typeof value === 'string' || value instanceof Uint8Array,
  },
  { field: 'OUTPUT: encoding', forge: (value) => [OUTPUT, 'stdout', 'x', value], isFine: isUndefined },
  { field: 'INSPECTED: address', forge: (value) => [INSPECTED, value] },
  { field: 'MODE: mode', forge: (value) => [MODE, value, 0] },
  { field: 'MODE: received', forge: (value) => [MODE, 0, value], isFine: isRealCount },
];

/** Messages in good form, where they do not belong. Before them the task was handed over and has begun. */
const OUT_OF_ORDER: readonly (readonly [what: string, ...messages: unknown[]])[] = [
  ['READY a second time', [READY, 1]],
  ['INIT_FAILED after READY', [INIT_FAILED, thrown, true]],
  ['STARTED of a task without a limit', [STARTED]],
  ['LOADED for an undefined function', [LOADED, 1_000_000]],
  ['PONG without a PING', [PONG]],
  ['an answer in a slot that it does not have', answer({ 7: 1 })],
  ['a report in a slot that it does not have', [REPORT, 0, 1, 1]],
  ['a value of a slot that it does not have', [VALUE_OF, 1]],
  ['REPORT of a value that was not sent', [REPORT, AS_SEPARATE, undefined]],
  ['an answer with a value that was not sent', ofOutcome(AS_SEPARATE, undefined)],
  ['more answers than tasks', answer({ 1: 2, 2: [1, 2] })],
  ['an answer to nothing', answer({ 1: 0, 2: [] })],
  ['an answer of which a part is missing', [ANSWER]],
  ['places of specials that fall', answer({ 1: 1, 2: [undefined], 3: [0, AS_THROWN, thrown, 0, AS_THROWN, thrown] })],
  ['values that belong to no task', [SEPARATE_VALUE, 1], [SEPARATE_VALUE, 2], [SEPARATE_VALUE, 3]],
  ['an inspector that was not asked for', [INSPECTED, 'ws://127.0.0.1:9230/x']],
  ['an inspector that was not asked for, and could not be opened', [INSPECTED]],
  ['a message to a worker', [1, {}]],
  ['an answer with a buffer that was not sent', ofOutcome(AS_STORED, [new Uint8Array(1), [1]])],
  ['a report with a buffer that was not sent', [REPORT, AS_STORED, [new Uint8Array(1), [1]]]],
  ['a buffer that is not in its file', [PIECE, 1, 0, 1000, 1000, false]],
];

/** Of processes: buffers in a file of the worker, which is empty. */
const BUFFERS: typeof OUT_OF_ORDER = [
  ['with a number out of order', [PIECE, 2, 0, 1000, 0, false]],
  ['behind the part of the file that results may use', [PIECE, 1, 2 ** 50, 1000, 1000, false]],
  ['larger than a value may be', [PIECE, 1, 0, 2 ** 40, 1000, false]],
  ['that it gives up without having begun it', [PIECE, 1, 0, 1000, 0, false]],
  ['whose piece is malformed', [PIECE, 1, 0, 1000, 2000, false]],
  ['whose first piece is longer than the file', [PIECE, 1, 0, 1000, 500, false], [PIECE, 1, 0, 1000, 1000, false]],
  ['after a malformed request for space', [SPACE, -1]],
  ['after an order that only programs give', [SPACE, 0, 0, false]],
];

describe.each(KINDS)('[R10] a %s that breaks the protocol', (kind: Kind) => {
  let place: Workplace;
  let anomalies = 0;

  beforeAll(() => {
    place = new Workplace(kind, { processes: 1 });
  });
  afterAll(() => place.end());

  async function isLostBy(messages: readonly unknown[], what: string): Promise<void> {
    const ended = await outcome(place.call(forgeAndStay, messages));
    expect(ended.ok ? ended.value : ended.error, what).toBeInstanceOf(WorkerLostError);
    expect((ended as { error: WorkerLostError }).error.message, what).toContain('cannot be trusted any more');
    anomalies += 1;
    expect(place.attachment.stats().protocolAnomalies, what).toBe(anomalies);
  }

  async function goesOn(): Promise<void> {
    expect(await place.map(square, [1, 2, 3])).toEqual([1, 4, 9]);
    expect(place.attachment.open).toBe(0);
    expect(place.attachment.stats()).toMatchObject({ queued: 0, running: 0, protocolAnomalies: anomalies });
  }

  // A worker for each: other kinds of junk for the next field, and for the other transport.
  it.each(FIELDS)('is ended with its task: junk for $field', async (field) => {
    const bad = JUNK.filter(([, value]) => !(field.isFine ?? (() => false))(value));
    const from = PER_FIELD * (2 * FIELDS.indexOf(field) + KINDS.indexOf(kind));
    for (let at = from; at < from + PER_FIELD; at++) {
      const [what, value] = bad[at % bad.length] as (typeof JUNK)[number];
      await isLostBy([field.forge(value)], what);
    }
    await goesOn();
  });

  it.each(OUT_OF_ORDER)('is ended with its task: %s', async (...[what, ...messages]) => {
    await isLostBy(messages, String(what));
    await goesOn();
  });

  it.runIf(kind === 'process').each(BUFFERS)('is ended with its task: a buffer %s', async (...[what, ...messages]) => {
    await isLostBy(messages, String(what));
    await goesOn();
  });

  it('is ended with its task: STARTED twice', async () => {
    const { promise } = place.begin(forgeAndStay, [[[STARTED]]], { taskTimeout: 60_000 });
    expect((await outcome(promise)) as object).toMatchObject({ ok: false, error: { code: 'ERR_TWINPOOL_WORKER_LOST' } });
    anomalies += 1;
    await goesOn();
  });

  it('is ended when it answers a task twice; who asked has the first answer', async () => {
    // As many that it is too many, should the next tasks be there by then.
    const again = answer({ 1: 50, 2: new Array(50).fill('forged') });
    expect(await outcome(place.call(forgeAndStay, [answer({}), again]))).toEqual({ ok: true, value: 'forged' });
    anomalies += 1;
    // What is handed to the worker before its second answer is read is lost with it.
    await until(() => place.attachment.stats().protocolAnomalies === anomalies, 'the anomaly');
    await goesOn();
  });

  it.each([
    ['an answer', answer({})],
    ['a report', [REPORT, 0, 1]],
    ['STARTED', [STARTED]],
    ['nothing', undefined],
  ])('is ended when it has no task and sends %s', async (_what, message) => {
    expect(await place.call(forgeLater, message)).toBe('returned');
    anomalies += 1;
    await until(() => place.attachment.stats().protocolAnomalies === anomalies, 'the anomaly');
    await goesOn();
  });

  it('has nothing of what it sends afterwards believed', async () => {
    const ended = await outcome(place.call(forgeAndStay, [[99], answer({ 2: ['forged'] })]));
    expect(ended).toMatchObject({ ok: false, error: { code: 'ERR_TWINPOOL_WORKER_LOST' } });
    anomalies += 1;
    await goesOn();
  });

  it('costs a map the tasks that may have begun in it, and no other', async () => {
    const items = Array.from({ length: 40 }, (_, item) => ({ item, at: 20, message: [99] }));
    const ended = await Promise.all(items.map((item) => outcome(place.call(forgeAtItem, item))));
    anomalies += 1;
    const lost = ended.flatMap(({ ok }, at) => (ok ? [] : [at]));
    // A process may have begun all that it had: about a millisecond of work.
    expect(lost).toEqual(kind === 'thread' ? [20] : lost.map((_, i) => 20 + i));
    expect([lost[0], (lost.at(-1) as number) < items.length - 1]).toEqual([20, true]);
    await goesOn();
  });

  it('runs on, and no task that it had runs a second time', async () => {
    const gate = makeGate();
    const items = [0, 1, 2, 3].map((item) => ({ gate: gate.path, item, at: 0, message: [99] }));
    const whole = outcome(place.map(forgeAndRunOn, items, { chunksize: items.length }));
    anomalies += 1;
    await until(() => place.attachment.stats().protocolAnomalies === anomalies, 'the anomaly');
    gate.open();
    expect(await whole).toMatchObject({ ok: false, error: { code: 'ERR_TWINPOOL_WORKER_LOST' } });
    expect(gate.labels().sort()).toEqual(['0', '1', '2', '3']);
    await goesOn();
  });

  it('has its task run again elsewhere where that was asked for', async () => {
    const gate = makeGate();
    const { promise } = place.begin(forgeOnce, [gate.path, [99]], { retries: 1 });
    expect(await promise).toBe('returned');
    expect(gate.labels()).toEqual(['forged', 'forged']);
    anomalies += 1;
    await goesOn();
  });

  it.each([
    ['an answer', [answer({})]],
    ['junk', [[null]]],
    [
      'READY twice',
      [
        [READY, 1],
        [READY, 1],
      ],
    ],
    ['STARTED', [[STARTED]]],
    ['its own failure, malformed', [[INIT_FAILED, 5]]],
  ])('cannot start when its initializer sends %s, and says why', async (_what, messages) => {
    const broken = new Workplace(kind, { processes: 1, initializer: forgeAtStart, initargs: [messages] });
    try {
      const ended = (await outcome(broken.call(square, 1))) as { error: Error };
      expect(inspect(ended.error)).toMatch(/cannot be trusted any more/);
      expect(broken.attachment.stats().protocolAnomalies).toBeGreaterThan(0);
    } finally {
      await broken.end();
    }
  });
});

describe('[R10] the form of a message', () => {
  it.each(FIELDS)('is judged before it is used: $field', ({ forge, isFine = () => false, field }) => {
    for (const [what, value] of JUNK) {
      const fault = faultFromWorker(forge(value));
      // Only threads have no MODE, only a lane knows its functions: that is judged there.
      if (field.startsWith('OUTPUT') && isFine(value)) expect(isOutput(forge(value)), what).toBe(true);
      else if (isFine(value) || (field === 'LOADED: function' && value === 2 ** 32)) expect(fault, what).toBeUndefined();
      else expect(fault, what).toBeTypeOf('string');
    }
  });

  it('is good for whatever a correct worker sends', () => {
    const messages = [
      answer({}),
      answer({
        1: 3,
        2: [undefined, undefined, undefined],
        3: [0, AS_STORED, [new Uint8Array(1), [1, 2]], 1, AS_THROWN, thrown, 2, AS_SEPARATE, undefined],
        4: [1, 2, 0, 5, 1, 3.5],
        5: 7,
        6: 1,
      }),
      answer({ 1: 2, 2: new Int32Array(2) }),
      answer({ 1: 2, 2: new Float64Array(2) }),
      ...[null, 'x', 10n, undefined, [1], new Error('x', { cause: new AggregateError([1, new TypeError('y')]) })].map((value) =>
        ofOutcome(AS_THROWN, encodeThrown(value)),
      ),
      [READY, 5],
      answer({ 7: 3 }),
      [STARTED],
      [STARTED, 2],
      [LOADED, 3],
      [PONG],
      [VALUE_OF, 0],
      [EXITING, false],
      [LATE, thrown, true, false],
      [LATE, thrown, true, true, [0, 5], true],
      [EXITING, true, [2]],
      [MODE, 1, 0],
      [SEPARATE_VALUE, undefined],
      [REPORT, 0, { any: 'thing' }],
      [REPORT, AS_SEPARATE, undefined],
      [INIT_FAILED, thrown, false],
    ];
    for (const message of messages) expect(faultFromWorker(message), inspect(message)).toBeUndefined();
  });
});

const setup = {
  workerId: 1,
  workerIndex: 0,
  workerName: 'w',
  kind: 'process',
  depth: 1,
  workerData: [0, 1],
  preload: [],
  initargs: [0, []],
  finalargs: [0, []],
  maxPayloadBytes: 2 ** 20,
};
const run = (fields: Record<number, unknown>) => [TASKS, 1, 4, Object.assign([1, 0, 0, [1, 2], undefined] as unknown[], fields)];

/** Messages about buffers. Only processes send and get them, so that their transports judge them. */
const OF_BUFFERS: readonly (readonly [is: (message: unknown) => boolean, field: Field])[] = [
  [isPiece, { field: 'PIECE: buffer', forge: (value) => [PIECE, value, 0, 8, 8, false], isFine: isNumber }],
  [isPiece, { field: 'PIECE: position', forge: (value) => [PIECE, 1, value, 8, 8, false], isFine: isRealCount }],
  [isPiece, { field: 'PIECE: length', forge: (value) => [PIECE, 1, 0, value, 1, false], isFine: isNumber }],
  [isPiece, { field: 'PIECE: end', forge: (value) => [PIECE, 1, 0, 8, value, false] }],
  [
    isPiece,
    { field: 'PIECE: whether its memory is used again', forge: (value) => [PIECE, 1, 0, 8, 8, value], isFine: (value) => value === true },
  ],
  [isSpace, { field: 'SPACE: buffers that were read', forge: (value) => [SPACE, value, 0, false], isFine: isRealCount }],
  [isSpace, { field: 'SPACE: bytes', forge: (value) => [SPACE, 0, value, false], isFine: isRealCount }],
  [isSpace, { field: 'SPACE: whether the files are empty', forge: (value) => [SPACE, 0, 0, value], isFine: (value) => value === true }],
  [isSpaceRequest, { field: 'SPACE from a worker: bytes', forge: (value) => [SPACE, value], isFine: isRealCount }],
];

describe('[R10] a message about a buffer', () => {
  it.each(OF_BUFFERS)('is judged before it is used: %o %o', (is, { forge, isFine = () => false }) => {
    for (const [what, value] of JUNK) expect(is(forge(value)), what).toBe(isFine(value));
  });

  it('is one that only processes send', () => {
    for (const message of [
      [PIECE, 1, 0, 8, 8, false],
      [SPACE, 8],
    ])
      expect(faultFromWorker(message)).toBeTypeOf('string');
  });
});

/** What a worker is sent, field by field. */
const ORDERS: readonly Field[] = [
  { field: 'the message', forge: (value) => value },
  { field: 'its kind', forge: (value) => [value] },
  { field: 'INIT: setup', forge: (value) => [INIT, value] },
  ...['workerId', 'workerIndex', 'depth', 'workerData', 'preload', 'initargs', 'finalargs'].map((key) => ({
    field: `INIT: ${key}`,
    forge: (value: unknown) => [INIT, { ...setup, [key]: value }],
    isFine: (value: unknown) => {
      if (key === 'preload') return Array.isArray(value) && value.length === 0;
      return (value === 2 ** 32 && /^worker|^depth/.test(key) && key !== 'workerData') || (value === 0 && key === 'workerIndex');
    },
  })),
  { field: 'DEFINE: function', forge: (value) => [DEFINE, value, {}], isFine: (value) => value === 2 ** 32 },
  { field: 'DEFINE: descriptor', forge: (value) => [DEFINE, 1, value], isFine: (value) => typeof value === 'object' && value !== null },
  { field: 'TASKS: sequence', forge: (value) => [TASKS, value, 4, []], isFine: (value) => value === 2 ** 32 },
  { field: 'TASKS: cell', forge: (value) => [TASKS, 1, value, []], isFine: (value) => value === 2 ** 32 },
  { field: 'TASKS: runs', forge: (value) => [TASKS, 1, 4, value] },
  { field: 'TASKS: function of a run', forge: (value) => run({ 0: value }), isFine: (value) => value === 2 ** 32 },
  { field: 'TASKS: flags of a run', forge: (value) => run({ 1: value }), isFine: (value) => value === 2 ** 32 },
  {
    field: 'TASKS: expectation of a run',
    forge: (value) => run({ 2: value }),
    isFine: (value) => typeof value === 'number' && value >= 0 && value < Number.POSITIVE_INFINITY,
  },
  {
    field: 'TASKS: items of a run',
    forge: (value) => run({ 3: value }),
    isFine: (value) => Array.isArray(value) || ArrayBuffer.isView(value),
  },
  { field: 'TASKS: specials of a run', forge: (value) => run({ 4: value }), isFine: isUndefined },
  {
    field: 'TASKS: memory for the results of a run',
    forge: (value) => run({ 3: new Uint8Array(2), 4: value }),
    isFine: (value) => value === undefined || (value instanceof Float64Array && value.length === 2),
  },
  { field: 'TASKS: memory for the results of a list', forge: (value) => run({ 3: value, 4: new Float64Array(2) }) },
  { field: 'TASKS: length of the memory for results', forge: () => run({ 3: new Uint8Array(2), 4: new Float64Array(3) }) },
  { field: 'TASKS: place of a special', forge: (value) => run({ 4: [value, AS_SEPARATE, undefined] }) },
  { field: 'TASKS: kind of a special', forge: (value) => run({ 4: [0, value, undefined] }) },
  { field: 'TASKS: bytes of a special', forge: (value) => run({ 4: [0, AS_BYTES, value] }), isFine: isPackedJunk },
  { field: 'TASKS: stored value of a special', forge: (value) => run({ 4: [0, AS_STORED, value] }) },
  { field: 'INIT: bufferSpace', forge: (value) => [INIT, { ...setup, bufferSpace: value }], isFine: isSlot },
  { field: 'TASKS: the slot', forge: (value) => [TASKS, 1, 4, [], value], isFine: isSlot },
  { field: 'ABORT: slot', forge: (value) => [ABORT, 1, 0, value], isFine: isSlot },
  { field: 'ABORT: final', forge: (value) => [ABORT, 1, 0, 0, value], isFine: (value) => value === undefined || value === true },
  { field: 'VALUE_OF: slot', forge: (value) => [VALUE_OF, value], isFine: isRealCount },
  {
    field: 'INIT: slots',
    forge: (value) => [INIT, { ...setup, slots: value }],
    isFine: (value) => value === undefined || value === 2 ** 32,
  },
  { field: 'ABORT: sequence', forge: (value) => [ABORT, value, 0], isFine: (value) => value === 2 ** 32 },
  { field: 'ABORT: place', forge: (value) => [ABORT, 1, value], isFine: (value) => value === 2 ** 32 },
];

describe('[R10] a message to a worker', () => {
  it.each(ORDERS)('is judged before it is used: $field', ({ forge, isFine = () => false }) => {
    for (const [what, value] of JUNK) {
      const check = () => checkToWorker(forge(value));
      if (isFine(value)) expect(check, what).not.toThrow();
      else expect(check, what).toThrow('cannot be trusted any more');
    }
  });

  it.each([
    ['junk at first', [null]],
    ['junk when it is ready', [INIT, setup], [TASKS, 1, 4, [1]]],
    ['a second setup', [INIT, setup], [INIT, setup]],
    ['an unknown kind', [INIT, setup], [77]],
  ])('that is %s ends the process, which says why', async (_what, ...messages) => {
    const entry = fileURLToPath(new URL('./worker/twinpool-worker.cjs', import.meta.resolve('@twinpool/core')));
    const child = spawn(process.execPath, [entry], { stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe', 'pipe'] });
    const [, , , input, output] = child.stdio as unknown as Socket[];
    const told: unknown[] = [];
    const reader = new FrameReader(2 ** 20, (payload) => told.push(decodePayload(payload)[0]));
    output?.on('data', (bytes: Uint8Array) => reader.push(bytes));
    input?.on('error', () => undefined);
    for (const message of messages) input?.write(encodeFrame(message as unknown as Message, 2 ** 20));
    const [code] = await once(child, 'close');
    expect(code).toBe(1);
    if (messages.length > 1) expect(told).toEqual([READY, LATE, EXITING]);
  });
});
