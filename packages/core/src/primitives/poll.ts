/**
 * Waits until all that lies in the channels of workers has been read.
 *
 * One turn of Node's event loop reads what lies in a port or a pipe, but not always all that its worker has to say: a pipe holds about 200 KB, so
 * that a worker with a larger result waits for its reader; the end of a process is told some turns after its cause. So a channel is asked whether
 * something is under way, and waited for as long as more of it comes:
 *
 *   TURNS turns --> is any channel midway? --no--> done
 *                    '--yes: another turn, until it stalls for STALL ms, or (where it is another frame each time) for CATCH_UP ms in all
 *
 * It does not know what is judged afterwards. Nothing here runs, and nothing is allocated, before a time limit is over.
 */
import { afterTurn, now, setTimer } from './time.ts';

/** A message, the event it gives rise to, and what follows from that. */
const TURNS = 3;
/** How long nothing may come from a channel that is midway, ms. Shorter: on a busy machine a worker that writes a large result is taken for one that hangs. */
const STALL = 1000;
/** How long a worker that always has something under way is waited for, ms. */
const CATCH_UP = 250;
/** So many turns are taken one after the other; then there is a pause, ms, between them. */
const QUICK_TURNS = 100;
const PAUSE = 1;

/** One worker's way to here, as far as it can be seen from here. */
export interface Channel {
  /** Part of a message is there, or its end is known and not told: more must come. */
  readonly isMidway: boolean;
  /** Bytes that have come. */
  readonly received: number;
  /** Messages that have come whole. */
  readonly messages: number;
}

/** Those that may be midway. */
export const channels: Set<Channel> = new Set();

let waiting: (() => void)[] = [];
let isPolling = false;

/** Calls `fn` when all that lies in the channels now has been read. */
export function afterPoll(fn: () => void): void {
  waiting.push(fn);
  if (isPolling) return;
  isPolling = true;
  afterTurn(poll);
}

/** All that wait now; who comes later waits for the next poll. */
function poll(): void {
  const those = waiting;
  waiting = [];
  isPolling = false;
  let turns = 1;
  const begun = now();
  /** What was midway, when it was looked at first. */
  let first: Map<Channel, { readonly messages: number; received: number; at: number }> | undefined;

  const isAnyMidway = (): boolean => {
    const time = now();
    const isFirst = first === undefined;
    first ??= new Map();
    let isAny = false;
    for (const channel of channels) {
      if (!channel.isMidway) continue;
      const { messages, received } = channel;
      let seen = first.get(channel);
      if (seen === undefined) {
        if (!isFirst && time - begun > CATCH_UP) continue;
        seen = { messages, received, at: time };
        first.set(channel, seen);
      }
      if (seen.received !== received) {
        seen.received = received;
        seen.at = time;
      }
      isAny ||= time - seen.at < STALL && (seen.messages === messages || time - begun < CATCH_UP);
    }
    return isAny;
  };

  const turn = (): void => {
    turns += 1;
    if (turns <= TURNS || isAnyMidway()) {
      if (turns < QUICK_TURNS) afterTurn(turn);
      else setTimer(turn, PAUSE);
      return;
    }
    for (const fn of those) {
      try {
        fn();
      } catch (error) {
        // As an error in a timer of its own would be: thrown at the program, and no other limit is left out.
        afterTurn(() => {
          throw error;
        });
      }
    }
  };
  turn();
}
