/**
 * One end of the line between a lane and its thread: a ring for short messages and a port for all others, in one order.
 *
 *   send:  short --> ring, and WAKE_UP on the port if the receiver is in its event loop and has no unread message there
 *          any other, or the ring is full --> port
 *   read:  records of the ring and messages of the port, in the order in which they were sent
 *
 * - Each record says how many messages its sender had posted on the port before. So the receiver knows the order without a mark for each message, and a
 *   full ring changes nothing: the message goes by the port.
 * - The sender first makes a message visible and then reads how the receiver waits. The receiver first says that it will wait and then looks once more.
 *   So a message is seen, or its sender wakes the receiver. ARCHITECTURE.md (section 4) has the argument, ring-model.test.ts all orders of the steps.
 * - A sender never waits for its receiver.
 * - A broken ring, and a message that its sender did not count, is reported once. The ring is not read again.
 *
 * It does not know what messages mean, nor when a side waits.
 */
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { ASLEEP, type Direction, IN_LOOP, POSTED, STATE, TAKEN, WAKE } from './cells.ts';
import type { Message } from './messages.ts';
import { RingReader, RingWriter } from './ring.ts';
import { readMessage, writeMessage } from './ring-codec.ts';

/** A message on the port that only wakes its receiver. */
export const WAKE_UP = 0;

/** What comes from the other end. */
export interface PortReceiver {
  received(message: unknown): void;
  /** A message of the port cannot be read. */
  unreadable(error: unknown): void;
  /** The ring holds what the other end never writes, or a message came that it did not count. */
  broken(error: unknown): void;
}

export class RingPort {
  readonly #port: MessagePort;
  readonly #cells: Int32Array;
  readonly #receiver: PortReceiver;
  readonly #out: Direction;
  readonly #in: Direction;
  readonly #writer: RingWriter;
  readonly #reader: RingReader;
  /** Messages posted on the port, and taken from it, modulo 2^32. */
  #posted = 0;
  #taken = 0;
  /** How this end waits. */
  #state = IN_LOOP;
  #isBroken = false;

  constructor(port: MessagePort, cells: Int32Array, to: Direction, from: Direction, receiver: PortReceiver) {
    this.#port = port;
    this.#cells = cells;
    this.#receiver = receiver;
    this.#out = to;
    this.#in = from;
    this.#writer = new RingWriter(cells, to);
    this.#reader = new RingReader(cells, from);
  }

  /** From now on the event loop brings what comes on the port; `then` is called after each reading. */
  listen(then?: () => void): void {
    const goOn = (): void => {
      this.read();
      then?.();
    };
    this.#port.on('message', (message: unknown) => {
      this.#took(message);
      goOn();
    });
    this.#port.on('messageerror', (error: unknown) => {
      this.#tookUnreadable(error);
      goOn();
    });
  }

  /** Throws if the message cannot be sent; then nothing of it was sent. */
  send(message: Message, transfer: readonly unknown[] | undefined): void {
    const kind = transfer === undefined || transfer.length === 0 ? writeMessage(this.#writer, message) : 0;
    if (kind === 0) {
      this.#post(message, transfer);
      return;
    }
    this.#writer.commit(kind, this.#posted);
    const { receiver } = this.#out;
    const state = Atomics.load(this.#cells, receiver + STATE);
    if (state === ASLEEP) this.#wake();
    // A receiver in its event loop needs a message on the port, if none is on its way.
    else if (state === IN_LOOP && Atomics.load(this.#cells, receiver + TAKEN) === this.#posted) this.#post(WAKE_UP, undefined);
  }

  /** How this end waits, from now on. Before it returns to its event loop, it must read once more. */
  wait(state: number): void {
    if (state === this.#state) return;
    this.#state = state;
    Atomics.store(this.#cells, this.#in.receiver + STATE, state);
  }

  /** Something came that was not read. */
  get hasNews(): boolean {
    return this.hasRecord || this.#isAnyPosted();
  }

  /** A record came that was not read. */
  get hasRecord(): boolean {
    return !this.#isBroken && this.#reader.hasRecord;
  }

  /** Reads all that has come. Returns whether there was anything. */
  read(): boolean {
    let isAny = false;
    for (;;) {
      isAny = this.#readRing() || isAny;
      const isHeld = !this.#isBroken && this.#reader.isOpen;
      if (!isHeld && !this.#isAnyPosted()) return isAny;
      if (this.#takeFromPort()) isAny = true;
      else {
        if (isHeld) this.#break(new RangeError('a record came before the message that it follows'));
        return isAny;
      }
    }
  }

  /** The other end is gone: reads all that it has sent, whatever it has counted. */
  readToEnd(): void {
    do this.#readRing();
    while (this.#takeFromPort());
  }

  #post(message: unknown, transfer: readonly unknown[] | undefined): void {
    const posted = (this.#posted + 1) | 0;
    const cell = this.#out.sender + POSTED;
    // First, so that the receiver never takes a message that was not counted.
    Atomics.store(this.#cells, cell, posted);
    try {
      this.#port.postMessage(message, (transfer ?? []) as ArrayBuffer[]);
    } catch (error) {
      Atomics.store(this.#cells, cell, this.#posted);
      throw error;
    }
    this.#posted = posted;
    if (this.#out.sleeps) this.#wake();
  }

  /** After a message was made visible: a receiver that sleeps, or is about to, goes on. */
  #wake(): void {
    const { sender, receiver } = this.#out;
    Atomics.add(this.#cells, sender + WAKE, 1);
    if (Atomics.load(this.#cells, receiver + STATE) === ASLEEP) Atomics.notify(this.#cells, sender + WAKE, 1);
  }

  #isAnyPosted(): boolean {
    return ((Atomics.load(this.#cells, this.#in.sender + POSTED) - this.#taken) | 0) > 0;
  }

  /** Delivers the records up to one that follows a message in the port. */
  #readRing(): boolean {
    let isAny = false;
    for (let message = this.#nextRecord(); message !== undefined; message = this.#nextRecord()) {
      isAny = true;
      this.#receiver.received(message);
    }
    return isAny;
  }

  #nextRecord(): Message | undefined {
    if (this.#isBroken) return undefined;
    const reader = this.#reader;
    try {
      return reader.open() && ((reader.posted - this.#taken) | 0) <= 0 ? readMessage(reader) : undefined;
    } catch (error) {
      this.#break(error);
      return undefined;
    }
  }

  #break(error: unknown): void {
    this.#isBroken = true;
    this.#receiver.broken(error);
  }

  #takeFromPort(): boolean {
    let entry: { message: unknown } | undefined;
    try {
      entry = receiveMessageOnPort(this.#port);
    } catch (error) {
      this.#tookUnreadable(error);
      return true;
    }
    if (entry === undefined) return false;
    this.#took(entry.message);
    return true;
  }

  #took(message: unknown): void {
    // Records that came before this message, after the ring was read last.
    this.#readRing();
    this.#count();
    if (message !== WAKE_UP) this.#receiver.received(message);
    this.#judgeCount();
  }

  #tookUnreadable(error: unknown): void {
    this.#readRing();
    this.#count();
    this.#receiver.unreadable(error);
    this.#judgeCount();
  }

  /** A sender that posts more than it counts would wait for this end to take a message that is not there, and wake it no more. */
  #judgeCount(): void {
    const counted = Atomics.load(this.#cells, this.#in.sender + POSTED);
    if (((counted - this.#taken) | 0) < 0 && !this.#isBroken) this.#break(new RangeError('a message came that was not counted'));
  }

  /** Before the ring is read once more: until then the sender knows that this end is being woken. */
  #count(): void {
    this.#taken = (this.#taken + 1) | 0;
    Atomics.store(this.#cells, this.#in.receiver + TAKEN, this.#taken);
  }
}
