/**
 * Passes large buffers between a lane and its worker process through two files, one for each direction, that the worker inherits.
 *
 *   argument:  put --> region, PIECE ... --> sent with message n --> answered, or the lane has no tasks --> the region is free
 *   result:    PIECE ... --> memory --take--> value                    SPACE before the next tasks: its region is free
 *   idle:      no task for REST --> the files are emptied, and what they had reserved is released
 *
 * Invariants: a region of an argument is used again only after the worker has answered, or is gone. The bytes of both files together are reserved in the
 * space of the runtime before they are used. Without files nothing here costs anything, and every buffer stays in its message.
 * This file does not know processes: the transport hands the descriptors over, and sends the messages.
 */
import { ftruncateSync } from 'node:fs';
import { Alarm, type Clock } from '../primitives/clock.ts';
import { type BufferOutlet, type BufferPart, type BufferSource, LEAST_BUFFER } from '../wire/buffer-passing.ts';
import { BufferReader } from '../wire/buffer-reader.ts';
import { BufferWriter } from '../wire/buffer-writer.ts';
import { type Message, SPACE } from '../wire/messages.ts';
import { type BufferSpace, close } from './buffer-space.ts';

/** ms. Shorter: the next buffers after a pause need new pages. Longer: memory is kept that is not used. */
const REST = 1000;
const NO_FILES: readonly number[] = [];

interface SentBuffers {
  readonly slot: number;
  readonly sequence: number;
  readonly ids: readonly number[];
}

export interface BufferFilesActions {
  readonly clock: Clock;
  post(message: Message): void;
  /** The worker has no task. */
  isIdle(): boolean;
}

interface Files {
  readonly fds: readonly [number, number];
  readonly writer: BufferWriter;
  readonly reader: BufferReader;
}

export class BufferFiles implements BufferOutlet, BufferSource {
  readonly #space: BufferSpace;
  readonly #mostOfOne: number;
  readonly #actions: BufferFilesActions;
  #files: Files | undefined;
  /** The bytes that results may use at first, and now; both are reserved. */
  #firstRoom = 0;
  #room = 0;
  /** The bytes of results that the space knows to be in the file. */
  #resultBytes = 0;
  /** Buffers of messages that were not sent yet. */
  #packed: number[] = [];
  #sent: SentBuffers[] = [];
  /** The worker does not know how much room results have, or that the files were emptied. */
  #owesRoom = false;
  #owesRest = false;
  /** The worker keeps memory for arguments. */
  #lends = false;
  #rest: Alarm | undefined;

  constructor(space: BufferSpace, maxPayloadBytes: number, actions: BufferFilesActions) {
    this.#space = space;
    this.#mostOfOne = maxPayloadBytes;
    this.#actions = actions;
  }

  /** Opens the files. Returns their descriptors, for the worker, or none. */
  open(): readonly number[] {
    const fds = this.#space.open();
    if (fds === undefined) return NO_FILES;
    this.#firstRoom = this.#room = this.#space.reserveForResults();
    this.#files = {
      fds,
      writer: new BufferWriter(fds[0], {
        announce: (piece) => this.#actions.post(piece),
        mayGrow: (from, to) => this.#mayGrow(to - from),
        failed: () => this.#space.pause(),
      }),
      reader: new BufferReader(fds[1], { most: () => this.#room, mostOfOne: this.#mostOfOne, isStrict: true }),
    };
    return fds;
  }

  /** The bytes that results may use; `undefined` if there are no files. */
  get room(): number | undefined {
    return this.#files === undefined ? undefined : this.#room;
  }
  /** More of a result follows. */
  get isMidway(): boolean {
    return this.#files?.reader.isMidway === true;
  }

  // Arguments.

  get least(): number {
    return this.#files === undefined || this.#space.isPaused ? Number.POSITIVE_INFINITY : LEAST_BUFFER;
  }

  put(part: BufferPart, isReusable: boolean): number | undefined {
    if (this.#files === undefined) return undefined;
    // Before the first piece: with this message the worker forgets the buffers that came before.
    this.#sendSpace(this.#files);
    const id = this.#files.writer.put(part, isReusable);
    if (id !== undefined) this.#packed.push(id);
    if (isReusable) this.#lends = true;
    return id;
  }

  /** Tasks follow: sends the worker what it must know first, and notes which buffers belong to them. */
  beforeTasks(slot: number, sequence: number): void {
    if (this.#files === undefined) return;
    this.#sendSpace(this.#files);
    if (this.#packed.length === 0) return;
    // Buffers of a message that could not be sent, which no task uses, are among them.
    this.#sent.push({ slot, sequence, ids: this.#packed });
    this.#packed = [];
  }

  /** The worker has answered, and has read all messages of a slot up to `acknowledged`. */
  answered(slot: number, acknowledged: number): void {
    if (this.#files === undefined) return;
    if (this.#sent.length > 0) this.#release((sent) => sent.slot === slot && sent.sequence <= acknowledged);
    if (!this.#actions.isIdle()) return;
    this.#release(() => true);
    const { writer, reader } = this.#files;
    if (writer.extent === 0 && reader.extent === 0) return;
    this.#rest ??= new Alarm(this.#actions.clock, () => this.#emptyFiles());
    this.#rest.set(REST);
  }

  // Results.

  has(ids: readonly number[]): boolean {
    return this.#files?.reader.has(ids) === true;
  }

  take(ids: readonly number[]): ArrayBuffer[] {
    if (this.#files === undefined) throw new RangeError('there are no files for buffers');
    return this.#files.reader.take(ids);
  }

  /** The worker has put a piece of a result into its file. Returns what is wrong with it. */
  piece(message: Message): string | undefined {
    if (this.#files === undefined) return 'it announced a buffer in a file that it does not have';
    const { reader } = this.#files;
    const fault = reader.piece(message);
    this.#space.grewBy(reader.extent - this.#resultBytes);
    this.#resultBytes = reader.extent;
    return fault;
  }

  /** A result of the worker needs more room than it has. 0: the worker did not get the files. */
  wanted(bytes: number): void {
    if (bytes === 0) this.close();
    if (this.#files === undefined || bytes <= this.#room || !this.#space.reserve(bytes - this.#room)) return;
    this.#room = bytes;
    this.#owesRoom = true;
  }

  // The end.

  /** The worker was not started, perhaps for lack of descriptors: the next ones are started without files. */
  startFailed(): void {
    if (this.#files !== undefined) this.#space.pause();
    this.close();
  }

  /** The worker is gone, or has none of the files. What was read of them stays. */
  close(): void {
    const files = this.#files;
    if (files === undefined) return;
    this.#rest?.stop();
    this.#space.grewBy(-(files.writer.extent + this.#resultBytes));
    this.#space.release(files.writer.extent + this.#room);
    for (const fd of files.fds) close(fd);
    this.#files = undefined;
    this.#packed = [];
    this.#sent = [];
  }

  #mayGrow(by: number): boolean {
    if (!this.#space.reserve(by)) return false;
    this.#space.grewBy(by);
    return true;
  }

  #release(isDone: (sent: SentBuffers) => boolean): void {
    if (this.#sent.length === 0) return;
    const left: SentBuffers[] = [];
    for (const sent of this.#sent) {
      if (isDone(sent)) for (const id of sent.ids) this.#files?.writer.release(id);
      else left.push(sent);
    }
    this.#sent = left;
  }

  /** Sends the worker what it does not know of the files, if there is anything. */
  #sendSpace({ reader }: Files): void {
    if (!this.#owesRoom && !reader.owesAcknowledgement) return;
    const rests = this.#owesRest;
    this.#owesRoom = this.#owesRest = false;
    this.#actions.post([SPACE, reader.acknowledge(), this.#room, rests]);
  }

  #emptyFiles(): void {
    const files = this.#files;
    if (files === undefined || !this.#actions.isIdle()) return;
    const { writer, reader, fds } = files;
    this.#space.grewBy(-(writer.extent + this.#resultBytes));
    this.#space.release(writer.extent + this.#room - this.#firstRoom);
    this.#packed = [];
    writer.empty();
    reader.forget();
    this.#resultBytes = 0;
    this.#room = this.#firstRoom;
    this.#owesRoom = this.#owesRest = true;
    try {
      ftruncateSync(fds[1], 0);
    } catch {}
    if (this.#lends) this.#sendSpace(files);
    this.#lends = false;
  }
}
