/**
 * Waits until all messages that lie in the channels of workers have been read.
 *
 * One turn of Node's event loop reads a port or a pipe, but not always a whole message: a pipe holds about 200 KB, so a worker with a larger result
 * waits for its reader; and Node reports the end of a process some turns after its cause. So a channel that is in the middle of a message gets
 * more turns while more bytes of it come:
 *
 *   TURNS turns --> is any channel midway? --no--> done
 *                    '--yes: another turn, until no byte comes for STALL ms, or (with a different frame each time) for CATCH_UP ms in all
 *
 * Invariant: nothing here runs, and nothing is allocated, before a time limit is over. It does not know what the callers judge afterwards.
 */
import { afterTurn, now, setTimer } from './time.ts';

/** One turn for the message, one for the event that it causes, one for what follows from the event. */
const TURNS = 3;
/** Milliseconds without a byte after which a channel that is midway is not waited for. Less: on a busy machine a worker that writes a large result counts as hanging. */
const STALL = 1000;
/** Milliseconds for a worker that always has a message under way. */
const CATCH_UP = 250;
/** After this number of turns there is a pause of PAUSE ms between two turns. */
const QUICK_TURNS = 100;
const PAUSE = 1;

/** The way of messages from one worker to this program. */
export interface Channel {
  /** Part of a message is there, or its end is known and not yet reported: more must come. */
  readonly isMidway: boolean;
  /** Bytes received so far. */
  readonly received: number;
  /** Whole messages received so far. */
  readonly messages: number;
}

/** The channels that may be midway. */
export const channels: Set<Channel> = new Set();

let waiting: (() => void)[] = [];
let isPolling = false;

/** Calls `fn` when all messages that lie in the channels now have been read. */
export function afterPoll(fn: () => void): void {
  waiting.push(fn);
  if (isPolling) return;
  isPolling = true;
  afterTurn(poll);
}

/** Serves the callers that wait now. A later caller waits for the next poll. */
function poll(): void {
  const callers = waiting;
  waiting = [];
  isPolling = false;
  let turns = 1;
  const progress = new ChannelProgress();
  const turn = (): void => {
    turns += 1;
    if (turns <= TURNS || progress.isAnyMidway()) {
      if (turns < QUICK_TURNS) afterTurn(turn);
      else setTimer(turn, PAUSE);
      return;
    }
    for (const fn of callers) {
      try {
        fn();
      } catch (error) {
        // The error reaches the program as one in a timer would, and the other callers are still served.
        afterTurn(() => {
          throw error;
        });
      }
    }
  };
  turn();
}

/** The progress of the channels during one poll. */
class ChannelProgress {
  readonly #begun = now();
  /** The channels that were midway: the messages received when the channel was looked at first, and the bytes received since, with their time. */
  #seen: Map<Channel, { readonly messages: number; received: number; at: number }> | undefined;

  /** Whether a channel is worth another turn. */
  isAnyMidway(): boolean {
    const time = now();
    const isFirstLook = this.#seen === undefined;
    this.#seen ??= new Map();
    let isAny = false;
    for (const channel of channels) {
      if (!channel.isMidway) continue;
      const { messages, received } = channel;
      let seen = this.#seen.get(channel);
      if (seen === undefined) {
        if (!isFirstLook && time - this.#begun > CATCH_UP) continue;
        seen = { messages, received, at: time };
        this.#seen.set(channel, seen);
      }
      if (seen.received !== received) {
        seen.received = received;
        seen.at = time;
      }
      isAny ||= time - seen.at < STALL && (seen.messages === messages || time - this.#begun < CATCH_UP);
    }
    return isAny;
  }
}
