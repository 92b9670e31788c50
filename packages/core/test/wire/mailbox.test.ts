/** Tests both ends of a mailbox in one thread, with a real file: what is put, taken, refused, and what counts as a whole frame. */
import { spawnSync } from 'node:child_process';
import { closeSync, ftruncateSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FrameSender } from '../../src/wire/frame-sender.ts';
import { decodePayload, encodeFrame, FrameReader } from '../../src/wire/frames.ts';
import { MAILBOX_BYTES, Mailbox, MailboxError, MOST_MAIL, PROGRAM, WORKER } from '../../src/wire/mailbox.ts';
import { MAIL, REPORT } from '../../src/wire/messages.ts';

const PAGE = MAILBOX_BYTES / 2;

function openMailbox(): { readonly fd: number; readonly sender: Mailbox; readonly receiver: Mailbox } {
  const folder = mkdtempSync(join(tmpdir(), 'twinpool-mailbox-'));
  const fd = openSync(join(folder, 'mailbox'), 'w+');
  onTestFinished(() => {
    closeSync(fd);
    rmSync(folder, { recursive: true });
  });
  Mailbox.prepare(fd);
  return { fd, sender: new Mailbox(fd, PROGRAM), receiver: new Mailbox(fd, WORKER) };
}

const bytes = (...values: number[]) => Uint8Array.from(values);

describe('a frame', () => {
  it('is put only for an end that looks', () => {
    const { sender, receiver } = openMailbox();
    expect(sender.put(bytes(1), 0, 0)).toBe(false);
    receiver.attend(0);
    expect(sender.put(bytes(1, 2), 0, 0)).toBe(true);
    expect(sender.mustWake).toBe(false);
    expect(receiver.look(0)).toBe(true);
    expect([...(receiver.take() ?? [])]).toEqual([1, 2]);
    expect(receiver.take()).toBeUndefined();
  });

  it.each([0, 1, 2, 3, 4, 5, 63, MOST_MAIL - 1, MOST_MAIL])('of %i bytes arrives, and its memory is its own', (length) => {
    const { sender, receiver } = openMailbox();
    receiver.attend(0);
    const frame = new Uint8Array(length).map((_, at) => at + length);
    expect(sender.put(frame, 0, 0)).toBe(true);
    const first = receiver.take() as Uint8Array;
    receiver.acknowledge();
    expect(Buffer.compare(first, frame)).toBe(0);
    expect(sender.put(new Uint8Array(length).fill(9), 0, 0)).toBe(true);
    receiver.take();
    expect(Buffer.compare(first, frame)).toBe(0);
  });

  it('that is longer than a page travels by the pipe', () => {
    const { sender, receiver } = openMailbox();
    receiver.attend(0);
    expect(sender.put(new Uint8Array(MOST_MAIL + 1), 0, 0)).toBe(false);
  });

  it('is not put over one that was not taken, nor before the pipe was read', () => {
    const { sender, receiver } = openMailbox();
    receiver.attend(0);
    expect(sender.put(bytes(1), 0, 0)).toBe(true);
    expect(sender.put(bytes(2), 0, 0)).toBe(false);
    receiver.take();
    expect(sender.refresh()).toBe(true);
    receiver.acknowledge();
    expect(sender.refresh()).toBe(false);
    expect(sender.put(bytes(2), 3, 0)).toBe(false);
    receiver.attend(3);
    expect(sender.put(bytes(2), 3, 0)).toBe(true);
  });

  it('needs a wake-up when its receiver left before it was put, and is found by a receiver that leaves after that', () => {
    const { sender, receiver } = openMailbox();
    receiver.attend(0);
    expect(sender.put(bytes(1), 0, 0)).toBe(true);
    expect(receiver.leave(0)).toBe(true);
    receiver.take();
    receiver.acknowledge();
    receiver.attend(0);
    sender.look(0);
    expect(receiver.leave(0)).toBe(false);
    // The sender saw the receiver before it left.
    expect(sender.put(bytes(2), 0, 0)).toBe(true);
    expect(sender.mustWake).toBe(true);
    expect([...(receiver.take() ?? [])]).toEqual([2]);
  });

  it.each(['before it looks', 'while it looks'])('on the pipe ends the look of the receiver: sent %s', (when) => {
    const { sender, receiver } = openMailbox();
    if (when === 'before it looks') sender.piped(1);
    receiver.attend(0);
    if (when === 'while it looks') sender.piped(1);
    expect(receiver.look(0)).toBe(true);
    expect(receiver.hasMail).toBe(false);
    expect(receiver.look(1)).toBe(false);
  });

  it('is not looked for by a receiver that was away', () => {
    const { sender, receiver } = openMailbox();
    receiver.attend(0);
    sender.look(0);
    expect(receiver.leave(0)).toBe(false);
    expect(sender.put(bytes(1), 0, 0)).toBe(true);
    // It is announced on the pipe. A look at the file would find it, and cost a system call before each wait.
    expect(receiver.leave(0)).toBe(false);
    expect(sender.mustWake).toBe(true);
    expect([...(receiver.take() ?? [])]).toEqual([1]);
  });

  it.each([
    ['its hash', 2],
    ['its other hash', 7],
    ['the number behind it', 10],
    ['its length', 1],
    ['a part of it', 9],
  ])('does not count as there before all of it is: %s', (_what, word) => {
    const { fd, sender, receiver } = openMailbox();
    receiver.attend(0);
    expect(sender.put(bytes(1, 2, 3, 4), 0, 0)).toBe(true);
    writeSync(fd, new Uint8Array(4).fill(77), 0, 4, word * 4);
    expect(receiver.look(0)).toBe(false);
    expect(() => receiver.leave(0)).toThrow(MailboxError);
    expect(() => receiver.take()).toThrow('the frame in the mailbox is not whole');
  });

  it('does not count as there while its words are those of the frame before, which differ in a few high bits only', () => {
    const { fd, sender, receiver } = openMailbox();
    receiver.attend(0);
    // Integers that rise by 128 from one frame to the next: in each word the same bit changes. A list of a task's arguments looks like this.
    const frameOf = (first: number, shift: number) => {
      const words = Uint32Array.from({ length: 16 }, (_, i) => (first + i) << shift);
      return new Uint8Array(words.buffer);
    };
    for (let shift = 0; shift <= 24; shift += 8) {
      for (let first = 0; first < 200_000; first += 128) {
        const before = frameOf(first, shift);
        expect(sender.put(before, 0, 0)).toBe(true);
        expect(receiver.take()?.length).toBe(before.length);
        receiver.acknowledge();
        const frame = frameOf(first + 128, shift);
        expect(sender.put(frame, 0, 0)).toBe(true);
        writeSync(fd, before, 0, before.length, 36);
        if (receiver.look(0) && Buffer.compare(before, frame) !== 0) expect.fail(`the frame with ${first} was taken for the next one`);
        writeSync(fd, frame, 0, frame.length, 36);
        expect(receiver.take()?.length).toBe(frame.length);
        receiver.acknowledge();
      }
    }
  });

  it('of a number that is not the next one is not there', () => {
    const { fd, receiver } = openMailbox();
    receiver.attend(0);
    writeSync(fd, Uint32Array.of(5), 0, 4, 0);
    expect(receiver.look(0)).toBe(false);
    expect(receiver.take()).toBeUndefined();
  });

  it('is written to the page of its sender only', () => {
    const { fd, sender, receiver } = openMailbox();
    receiver.attend(7);
    const page = new Uint8Array(PAGE);
    readSync(fd, page, 0, PAGE, 0);
    receiver.acknowledge();
    const after = new Uint8Array(PAGE);
    readSync(fd, after, 0, PAGE, 0);
    expect(after).toEqual(page);
    expect(receiver.look(0)).toBe(false);
    expect(sender.refresh()).toBe(false);
  });
});

describe('a descriptor', () => {
  it.each([
    ['that was never prepared', (fd: number) => writeSync(fd, new Uint8Array(MAILBOX_BYTES), 0, MAILBOX_BYTES, 0)],
    ['that has no content', (fd: number) => ftruncateSync(fd, 0)],
  ])('of a file %s is refused', (_what, change) => {
    const { fd } = openMailbox();
    change(fd);
    expect(() => new Mailbox(fd, WORKER)).toThrow(MailboxError);
  });

  it.each([
    ['of zeros', (fd: number) => writeSync(fd, new Uint8Array(MAILBOX_BYTES), 0, MAILBOX_BYTES, 0)],
    ['without content', (fd: number) => ftruncateSync(fd, 0)],
    ['with the mailbox of another worker', (fd: number) => Mailbox.prepare(fd)],
  ])('that belongs to another file now is noticed at the next look, and before a wait: a file %s', (_what, change) => {
    const { fd, receiver } = openMailbox();
    receiver.attend(0);
    change(fd);
    expect(() => receiver.look(0)).toThrow('its descriptor belongs to another file now');
    expect(() => receiver.leave(0)).toThrow(MailboxError);
  });

  it('of a file system that takes a part of the pages only is refused', () => {
    const script = `
      import { openSync } from 'node:fs';
      import { Mailbox } from ${JSON.stringify(new URL('../../src/wire/mailbox.ts', import.meta.url).href)};
      process.on('SIGXFSZ', () => undefined);
      try { Mailbox.prepare(openSync(process.argv[1], 'w+')); console.log('taken'); } catch (error) { console.log(error.message); }`;
    const path = join(mkdtempSync(join(tmpdir(), 'twinpool-mailbox-')), 'mailbox');
    onTestFinished(() => rmSync(dirname(path), { recursive: true }));
    // KiB.
    const { stdout } = spawnSync(
      'bash',
      ['-c', 'ulimit -f 1; exec "$0" "$@"', process.execPath, '--import', 'tsx', '--input-type=module', '-e', script, path],
      {
        encoding: 'utf8',
      },
    );
    expect(stdout).toBe('the file system takes 1024 of 2048 bytes\n');
  });
});

describe('a sender of frames', () => {
  /** A sender whose pipe is read by `read`, and what arrived. */
  function open() {
    const { sender: mine, receiver } = openMailbox();
    const pipe: Buffer[] = [];
    const sender = new FrameSender(
      (frame) => pipe.push(Buffer.from(frame)),
      () => mine,
    );
    const arrived: unknown[] = [];
    const take = (payload: Uint8Array): void => {
      const message = decodePayload(payload);
      if (message[0] === MAIL) takeMail();
      else arrived.push(message[1]);
    };
    const takeMail = (): void => {
      const frame = receiver.take();
      if (frame === undefined) return;
      receiver.acknowledge();
      take(frame);
    };
    const reader = new FrameReader(1000, take);
    const read = (): void => {
      for (const frame of pipe.splice(0)) reader.push(frame);
    };
    const send = (value: number, mayBeMail: boolean): void => sender.send(encodeFrame([REPORT, value], 1000), mayBeMail, 0, true);
    return { receiver, pipe, arrived, takeMail, read, send, reader };
  }

  it('uses the pipe for a receiver that does not look', () => {
    const { pipe, send, read, arrived } = open();
    send(1, true);
    expect(pipe.length).toBe(1);
    read();
    expect(arrived).toEqual([1]);
  });

  it('announces an untaken frame before the next one on the pipe', () => {
    const { receiver, pipe, send, read, arrived } = open();
    receiver.attend(0);
    send(1, true);
    send(2, true);
    send(3, false);
    expect(pipe.length).toBe(4);
    read();
    expect(arrived).toEqual([1, 2, 3]);
  });

  it('goes back to the mailbox when the receiver looks again', () => {
    const { receiver, pipe, send, read, arrived, reader, takeMail } = open();
    send(1, false);
    receiver.attend(0);
    send(2, true);
    read();
    receiver.attend(reader.frames);
    send(3, true);
    expect(pipe.length).toBe(0);
    takeMail();
    expect(arrived).toEqual([1, 2, 3]);
  });
});
