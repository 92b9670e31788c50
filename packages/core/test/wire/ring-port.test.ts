/**
 * Tests both ends of a line of ring and port in one thread: whatever the other end does between two atomic steps of one, the order of messages holds
 * and no end waits for a message that is there.
 *
 *   a step of the sender: an operation of Atomics --> before it, at random, the receiver reads or changes how it waits
 */
import { MessageChannel } from 'node:worker_threads';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ASLEEP, ATTENTIVE, cellsFor, IN_LOOP, POSTED, TAKEN, toLane, toWorker } from '../../src/wire/cells.ts';
import { LATE, type Message, REPORT } from '../../src/wire/messages.ts';
import { RingPort } from '../../src/wire/ring-port.ts';

const noop = (): void => undefined;

class Line {
  readonly cells = new Int32Array(new SharedArrayBuffer(cellsFor(1) * Int32Array.BYTES_PER_ELEMENT));
  readonly received: unknown[] = [];
  readonly faults: unknown[] = [];
  readonly unreadable: unknown[] = [];
  readonly sender: RingPort;
  readonly receiver: RingPort;
  readonly #channel = new MessageChannel();

  constructor() {
    const { port1, port2 } = this.#channel;
    const fails = { received: noop, unreadable: noop, broken: noop };
    this.sender = new RingPort(port1, this.cells, toWorker(1), toLane(1), fails);
    this.receiver = new RingPort(port2, this.cells, toLane(1), toWorker(1), {
      received: (message) => this.received.push((message as Message)[2]),
      unreadable: (error) => this.unreadable.push(error),
      broken: (error) => this.faults.push(error),
    });
  }

  /** A number fits into the ring, a list does not. */
  send(value: number, isShort: boolean): void {
    this.sender.send(isShort ? [REPORT, 0, value] : [LATE, [value], value], undefined);
  }

  /** Something lies in the port: the event loop brings it. */
  get wakesLoop(): boolean {
    const { sender, receiver } = toWorker(1);
    return this.cells[sender + POSTED] !== this.cells[receiver + TAKEN];
  }

  close(): void {
    this.#channel.port1.close();
  }
}

function randomFrom(seed: number): (below: number) => number {
  let at = seed;
  return (below) => {
    at = (Math.imul(at, 1664525) + 1013904223) >>> 0;
    return Math.floor((at / 2 ** 32) * below);
  };
}

/** Calls `step` before operations of Atomics. */
function betweenSteps(step: () => void): void {
  let isInside = false;
  for (const name of ['load', 'store', 'add'] as const) {
    const original = Atomics[name] as (...args: unknown[]) => number;
    vi.spyOn(Atomics, name).mockImplementation(((...args: unknown[]) => {
      if (!isInside) {
        isInside = true;
        step();
        isInside = false;
      }
      return original(...args);
    }) as never);
  }
}

afterEach(() => vi.restoreAllMocks());

describe('whatever the receiver does between two steps of the sender', () => {
  it.each(Array.from({ length: 40 }, (_, seed) => [seed]))('messages come once, in order, and wake it (seed %i)', (seed) => {
    const line = new Line();
    const random = randomFrom(seed);
    let state = IN_LOOP;
    const change = (): void => {
      if (random(4) > 0) return;
      if (state === IN_LOOP && random(2) === 0 && !line.wakesLoop) return;
      state = [IN_LOOP, ATTENTIVE, ASLEEP][random(3)] as number;
      line.receiver.wait(state);
      line.receiver.read();
    };
    betweenSteps(change);
    const shortOf = 1 + random(10);
    for (let value = 0; value < 400; value++) {
      line.send(value, random(10) < shortOf);
      if (state === IN_LOOP && line.received.length <= value) expect(line.wakesLoop).toBe(true);
    }
    vi.restoreAllMocks();
    line.receiver.read();
    expect(line.received).toEqual(Array.from({ length: 400 }, (_, value) => value));
    expect(line.faults).toEqual([]);
    line.close();
  });

  it('a full ring changes nothing', () => {
    const line = new Line();
    line.receiver.wait(ATTENTIVE);
    for (let value = 0; value < 5000; value++) line.send(value, value % 7 !== 0);
    line.receiver.read();
    expect(line.received).toEqual(Array.from({ length: 5000 }, (_, value) => value));
    line.close();
  });
});

describe('at the end of the sender', () => {
  it('all that it sent is read', () => {
    const line = new Line();
    for (let value = 0; value < 100; value++) line.send(value, value % 3 > 0);
    line.receiver.readToEnd();
    expect(line.received).toEqual(Array.from({ length: 100 }, (_, value) => value));
    line.close();
  });

  it('a record that was not finished is not read', () => {
    const line = new Line();
    line.send(0, true);
    line.send(1, true);
    const { ring } = toWorker(1);
    // Its header comes last.
    line.cells[ring + 2 * ((line.cells[ring] as number) >> 8)] = 0;
    line.receiver.readToEnd();
    expect(line.received).toEqual([0]);
    line.close();
  });
});

describe('a broken ring', () => {
  it('is reported once and not read again; the port is', () => {
    const line = new Line();
    line.receiver.wait(ATTENTIVE);
    line.send(0, true);
    line.cells[toWorker(1).ring] = 5000 << 8;
    line.receiver.read();
    line.send(1, false);
    line.receiver.read();
    expect(line.received).toEqual([1]);
    expect(line.faults).toEqual([expect.any(RangeError)]);
    expect(line.receiver.hasNews).toBe(false);
    line.close();
  });

  it('is one whose record follows a message that was never posted', () => {
    const line = new Line();
    line.receiver.wait(ATTENTIVE);
    line.send(0, true);
    line.cells[toWorker(1).ring + 1] = 1;
    line.receiver.read();
    expect([line.received, line.faults]).toEqual([[], [expect.any(RangeError)]]);
    line.close();
  });

  it('is one whose sender posts a message that it does not count, once that was delivered', () => {
    const line = new Line();
    line.send(0, false);
    Atomics.store(line.cells, toWorker(1).sender + POSTED, 0);
    line.receiver.readToEnd();
    expect([line.received, line.faults]).toEqual([[0], [expect.any(RangeError)]]);
    line.close();
  });

  it('is not one whose message could not be posted', () => {
    const line = new Line();
    line.receiver.wait(ATTENTIVE);
    expect(() => line.sender.send([LATE, () => undefined, 0], undefined)).toThrow('could not be cloned');
    line.send(1, true);
    line.send(2, false);
    line.receiver.read();
    expect([line.received, line.faults]).toEqual([[1, 2], []]);
    line.close();
  });

  it('is not one whose sender counts messages that it did not post', () => {
    const line = new Line();
    line.receiver.wait(ATTENTIVE);
    line.send(0, true);
    Atomics.store(line.cells, toWorker(1).sender + POSTED, 7);
    line.receiver.read();
    expect([line.received, line.faults]).toEqual([[0], []]);
    line.close();
  });
});

it('the event loop reads what the receiver was woken for', async () => {
  const line = new Line();
  line.receiver.listen();
  for (let round = 0; round < 50; round++) {
    for (let i = 0; i < 3; i++) line.send(3 * round + i, (round + i) % 3 > 0);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await vi.waitFor(() => expect(line.received).toEqual(Array.from({ length: 150 }, (_, value) => value)));
  line.close();
});
