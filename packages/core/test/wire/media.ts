/** Encodes and decodes an item through both transports as the lanes do: between two other items in one message. */
import { MessageChannel, receiveMessageOnPort, type TransferListItem } from 'node:worker_threads';
import fc from 'fast-check';
import { unpackBytes } from '../../src/wire/packed-value.ts';
import { Packer, PLAIN, SEPARATE } from '../../src/wire/packer.ts';
import type { TransportCapabilities } from '../../src/wire/sendability-check.ts';
import { fromBytes, toBytes } from '../../src/wire/value-bytes.ts';

export const THREADS: TransportCapabilities = { sharesMemory: true, movesBuffers: true, maxPayloadBytes: 2 ** 28 };
export const PROCESSES: TransportCapabilities = { sharesMemory: false, movesBuffers: false, maxPayloadBytes: 2 ** 28 };

export interface Arrived {
  readonly form: number;
  /** The item in the message, before it was unpacked. */
  readonly packed: unknown;
  readonly value: unknown;
}

export type Carry = (value: unknown) => Arrived;

function post(message: unknown, transfer: readonly unknown[] = []): unknown {
  const { port1, port2 } = new MessageChannel();
  try {
    port1.postMessage(message, transfer as TransferListItem[]);
    return (receiveMessageOnPort(port2) as { message: unknown }).message;
  } finally {
    port1.close();
    port2.close();
  }
}

export function overThreads(value: unknown): Arrived {
  const { form, value: sent, transfer } = packed(value, THREADS);
  if (form === SEPARATE) {
    const alone = post(sent, transfer);
    return { form, packed: alone, value: unpackBytes(alone) };
  }
  return arrived(form, post(['before', sent, 'after'], transfer));
}

export function overProcesses(value: unknown): Arrived {
  const { form, value: sent } = packed(value, PROCESSES);
  return arrived(form, throughFrame(['before', sent, 'after']));
}

export function throughFrame(message: unknown): unknown {
  return fromBytes(toBytes(message));
}

export function throughPort(message: unknown): unknown {
  return post(message);
}

export function packed(value: unknown, medium: TransportCapabilities): Packer {
  const packer = new Packer(medium);
  packer.pack(value, 'argument 1');
  return packer;
}

function arrived(form: number, message: unknown): Arrived {
  const [before, item, after] = message as unknown[];
  if (before !== 'before' || after !== 'after') throw new Error('a neighbour was harmed');
  return { form, packed: item, value: form === PLAIN ? item : unpackBytes(item) };
}

export const MEDIA: readonly (readonly [name: string, medium: TransportCapabilities, carry: Carry])[] = [
  ['threads', THREADS, overThreads],
  ['processes', PROCESSES, overProcesses],
];

/** Any value that can be cloned. No invalid dates: `deepStrictEqual` of Node 20 finds two of them different. */
export const anything: fc.Arbitrary<unknown> = fc.anything({
  values: [
    fc.boolean(),
    fc.integer(),
    fc.double(),
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.bigInt(),
    fc.date({ noInvalidDate: true }),
    fc.constantFrom(null, undefined, -0, Number.NaN, ''),
  ],
  maxDepth: 4,
  withBoxedValues: true,
  withMap: true,
  withSet: true,
  withSparseArray: true,
  withTypedArray: true,
});
