/**
 * Sends frames to the other end of a pipe in one order: by the mailbox where the other end looks there (mailbox.ts), else by the pipe.
 *
 *   send --may be mail, the other end looks--> mailbox --it does not look any more--> MAIL on the pipe
 *     '--any other--> pipe, after MAIL if a frame lies in the mailbox
 *
 * It does not know how a pipe is written.
 */
import { encodeFrame, HEADER_BYTES } from './frames.ts';
import type { Mailbox } from './mailbox.ts';
import { MAIL } from './messages.ts';

const MAIL_FRAME = encodeFrame([MAIL], Number.POSITIVE_INFINITY);

export class FrameSender {
  readonly #write: (frame: Buffer) => void;
  readonly #mailbox: () => Mailbox | undefined;
  /** The number of frames on the pipe. */
  sent = 0;
  /** The last frame that could be mail was: the other end looked into the mailbox. */
  usesMail = false;

  /** `write` puts a frame on the pipe. `mailbox` returns `undefined` where there is none, or none any more. */
  constructor(write: (frame: Buffer) => void, mailbox: () => Mailbox | undefined) {
    this.#write = write;
    this.#mailbox = mailbox;
  }

  /**
   * @param mayBeMail the frame is worth a look into the mailbox.
   * @param read the number of frames that were read from the other pipe.
   * @param isWatched the other end may look into the mailbox now, or begin to before it has read this frame.
   */
  send(frame: Buffer, mayBeMail: boolean, read: number, isWatched: boolean): void {
    const mailbox = this.#mailbox();
    if (mailbox === undefined) {
      this.#pipe(frame);
      return;
    }
    if (mayBeMail) {
      this.usesMail = mailbox.put(frame.subarray(HEADER_BYTES), this.sent, read);
      if (this.usesMail) {
        if (mailbox.mustWake) this.#pipe(MAIL_FRAME);
        return;
      }
    }
    if (mailbox.isUntaken) this.#pipe(MAIL_FRAME);
    this.#pipe(frame);
    if (isWatched) mailbox.piped(this.sent);
  }

  #pipe(frame: Buffer): void {
    this.sent += 1;
    this.#write(frame);
  }
}
