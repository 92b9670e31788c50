/**
 * Says whether the answer of a worker process is worth a poll.
 *
 *   closed --WORTH_POLLING messages in a row, each alone, each sent at once after the answer before--> open
 *   open --several messages, or a pause--> closed
 *   open --an answer came by the pipe: the next message opens it again, later every RAREST-th--> closed        an answer was found: the next one again
 *
 * A poll saves two wake-ups where program and process run on two processors, and both poll: a caller that waits for one result, and then sends the next task.
 * Everywhere else it costs more than it saves: a burst needs the processor for its tasks; after a pause the process sleeps, and has to be woken in any
 * case; on one processor the process runs only when the program does not, so its answer is on the pipe before a poll begins.
 *
 * It does not know how a poll is made.
 */

/** ms between an answer and the next message. Longer: a process that has stopped its own poll is polled for. */
const SOON = 0.1;
/** Messages in a row. More: polls begin later. Fewer: also the first tasks of bursts are polled for. */
const WORTH_POLLING = 2;
/** Messages from one poll in vain to the next. More: they cost less on one processor. Fewer: it is noticed sooner that program and process run on two. */
const RAREST = 2;

export class PollGate {
  #inRow = 0;
  /** Messages from the next poll, if it is in vain, to the one after it. */
  #distance = 1;
  #answeredAt = Number.NEGATIVE_INFINITY;

  get isOpen(): boolean {
    return this.#inRow >= WORTH_POLLING;
  }

  /** A message with tasks is sent. `isAlone`: no other one is unanswered. */
  sent(isAlone: boolean, at: number): void {
    const isNext = isAlone && at - this.#answeredAt < SOON;
    this.#inRow = isNext ? this.#inRow + 1 : Math.min(this.#inRow, 0);
  }

  /** All messages are answered. */
  answered(at: number): void {
    this.#answeredAt = at;
  }

  /** A poll has found an answer. */
  found(): void {
    this.#distance = 1;
  }

  /** A frame came by the pipe. */
  missed(): void {
    if (!this.isOpen) return;
    this.#inRow = WORTH_POLLING - this.#distance;
    this.#distance = Math.min(this.#distance * 2, RAREST);
  }
}
