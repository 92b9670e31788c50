/**
 * Polls for answers of worker threads that are expected within microseconds, before this program returns to its event loop.
 *
 *   at rest --expect--> planned --all microtasks have run--> polls until a channel has a message, or for LONGEST ms --> at rest
 *                          '--no turn of the event loop for LONGEST_TURN ms: after the next turn--^
 *
 * The event loop takes about 25 µs to wake for a message. A short task takes less, and its caller often has the next one at once.
 *
 * - While nothing is expected, nothing polls.
 * - The microtasks of the program come first, and its timers and sockets are served at least every LONGEST_TURN ms.
 * - Polls without a message are paid from a credit, which grows by REFILL of the time that passes: they never use more of a processor than that.
 *
 * It does not know lanes and tasks.
 */
import { afterTurn, nextTick, now } from '../primitives/time.ts';

/** ms. Longer: more answers are found. Shorter: less processor time is used in vain. */
const LONGEST = 0.03;
/** ms. Longer: timers and sockets of the program wait longer. Shorter: more turns of the event loop between two answers. */
const LONGEST_TURN = 0.5;
/** ms of polls in vain. More: polls go on longer after answers that came late. */
const MOST_CREDIT = 1;
const REFILL = 0.1;

/** Where answers arrive. */
export interface PolledChannel {
  /** It is among the channels that are polled next. Only this file changes it. */
  isExpected: boolean;
  /** Reads the messages that are there. Returns whether there were any. */
  read(): boolean;
}

let expecting: PolledChannel[] = [];
let isPlanned = false;
let credit = MOST_CREDIT;
let creditedAt = 0;
/** When the first poll of this turn of the event loop began; 0: there was none. */
let turnSince = 0;

/** An answer is expected within microseconds. */
export function expectAnswer(channel: PolledChannel): void {
  if (channel.isExpected) return;
  channel.isExpected = true;
  expecting.push(channel);
  plan();
}

function plan(): void {
  if (isPlanned) return;
  isPlanned = true;
  if (turnSince !== 0 && now() - turnSince > LONGEST_TURN) afterTurn(poll).unref();
  else nextTick(poll);
}

function poll(): void {
  isPlanned = false;
  const channels = expecting;
  expecting = [];
  for (const channel of channels) channel.isExpected = false;
  const began = now();
  credit = Math.min(MOST_CREDIT, credit + (began - creditedAt) * REFILL);
  creditedAt = began;
  if (credit <= 0) return;
  if (turnSince === 0) {
    turnSince = began;
    afterTurn(endTurn).unref();
  }
  const silent = readUntilAnswered(channels, began + LONGEST);
  if (silent === undefined) credit -= now() - began;
  else for (const channel of silent) expectAnswer(channel);
}

/** Returns the channels without a message, once one has a message; `undefined` if none has until `end`. */
function readUntilAnswered(channels: readonly PolledChannel[], end: number): readonly PolledChannel[] | undefined {
  do {
    let answered: Set<PolledChannel> | undefined;
    for (const channel of channels) if (channel.read()) answered = (answered ?? new Set()).add(channel);
    if (answered !== undefined) return channels.filter((channel) => !answered.has(channel));
  } while (now() < end);
  return undefined;
}

function endTurn(): void {
  turnSince = 0;
}
