/**
 * Polls for answers of workers that are expected within microseconds, before this program returns to its event loop.
 *
 *   at rest --expect--> planned --all microtasks have run--> polls until a channel has a message, or for its time --> at rest
 *                          '--no turn of the event loop for LONGEST_TURN ms: after the next turn--^
 *
 * The event loop takes about 25 µs to wake for a message. A short task takes less, and its caller often has the next one at once.
 *
 * - While nothing is expected, nothing polls.
 * - From the moment at which an answer is expected to the end of that turn of the event loop, and of the next one if a poll is planned for it, the worker
 *   need not wake this program.
 * - The microtasks of the program come first, and its timers and sockets are served at least every LONGEST_TURN ms.
 * - Polls without a message are paid from a credit, which grows by REFILL of the time that passes: they never use more of a processor than that.
 *
 * It does not know lanes and tasks.
 */
import { afterTurn, nextTick, now } from '../primitives/time.ts';

/** ms. Longer: timers and sockets of the program wait longer. Shorter: more turns of the event loop between two answers. */
const LONGEST_TURN = 0.5;
/** ms of polls in vain. More: polls go on longer after answers that came late. */
const MOST_CREDIT = 1;
const REFILL = 0.1;

/** Where answers arrive. */
export interface PolledChannel {
  /** It is among the channels that are polled next. Only this file changes it. */
  isExpected: boolean;
  /** Its worker knows that it is read before the event loop waits. Only this file changes it. */
  isAttended: boolean;
  /** ms. The longest poll. Longer: more answers are found. Shorter: less processor time is used in vain. */
  readonly longestPoll: number;
  /** Looks between two readings of the clock. More: a reading delays fewer looks. Fewer: a poll ends in time where a look takes long. */
  readonly looksAtOnce: number;
  /** Its worker may answer before the poll begins. */
  readonly isAttendedAtOnce: boolean;
  /** It is not polled beside others: their workers and its own need the processor that a poll takes. */
  readonly isPolledAlone: boolean;
  /** An answer is still to come: not all came with an earlier one. */
  readonly isAwaited: boolean;
  /** Whether a message is there. */
  readonly hasNews: boolean;
  /** Reads the messages that are there. */
  read(): void;
  /** The worker need not wake the event loop. */
  attend(): void;
  /** From now on the worker wakes the event loop. Reads what is there. */
  rest(): void;
}

/** The first `count` channels are expected. The other list is that of the poll that runs: lists that grow anew would cost memory for each answer. */
let expecting: (PolledChannel | undefined)[] = [];
let polled: (PolledChannel | undefined)[] = [];
let count = 0;
let isPlanned = false;
/** When the last poll began. */
let began = 0;
let credit = MOST_CREDIT;
let creditedAt = 0;
/** When the first channel was attended in this turn of the event loop; 0: there was none. */
let turnSince = 0;
/** The channels that are read at the end of this turn. */
let attended: PolledChannel[] = [];

/** An answer is expected within microseconds. */
export function expectAnswer(channel: PolledChannel): void {
  if (channel.isExpected) return;
  channel.isExpected = true;
  expecting[count++] = channel;
  plan();
  if (channel.isAttendedAtOnce) attend(channel);
}

/** An immediate that keeps the event loop alive: the loop does not wait before it has run. */
function attend(channel: PolledChannel): void {
  if (channel.isAttended) return;
  channel.isAttended = true;
  if (turnSince === 0) {
    turnSince = now();
    afterTurn(endTurn);
  }
  attended.push(channel);
  channel.attend();
}

function plan(): void {
  if (isPlanned) return;
  isPlanned = true;
  nextTick(pollUnlessLong);
}

/** A long turn of the event loop ends first. */
function pollUnlessLong(): void {
  began = now();
  if (turnSince !== 0 && began - turnSince > LONGEST_TURN) afterTurn(pollAfterTurn).unref();
  else poll();
}

function pollAfterTurn(): void {
  began = now();
  poll();
}

/** `began` is the time. */
function poll(): void {
  isPlanned = false;
  const channels = expecting as PolledChannel[];
  const size = count;
  expecting = polled;
  polled = channels;
  count = 0;
  let awaited = 0;
  for (let i = 0; i < size; i++) {
    const channel = channels[i] as PolledChannel;
    channel.isExpected = false;
    if (channel.isAwaited) channels[awaited++] = channel;
  }
  if (awaited > 1) awaited = leaveOut(channels, awaited);
  if (awaited > 0 && hasCredit()) pollFor(channels, awaited);
  for (let i = 0; i < size; i++) polled[i] = undefined;
}

/** Moves the channels that may be polled together to the front. Returns their number. */
function leaveOut(channels: PolledChannel[], size: number): number {
  let left = 0;
  for (let i = 0; i < size; i++) {
    const channel = channels[i] as PolledChannel;
    if (!channel.isPolledAlone) channels[left++] = channel;
  }
  return left;
}

function hasCredit(): boolean {
  credit = Math.min(MOST_CREDIT, credit + (began - creditedAt) * REFILL);
  creditedAt = began;
  return credit > 0;
}

function pollFor(channels: readonly PolledChannel[], size: number): void {
  const since = began;
  let longest = 0;
  let looks = Number.POSITIVE_INFINITY;
  for (let i = 0; i < size; i++) {
    const channel = channels[i] as PolledChannel;
    longest = Math.max(longest, channel.longestPoll);
    looks = Math.min(looks, channel.looksAtOnce);
    attend(channel);
  }
  if (!readUntilAnswered(channels, size, looks * size, since + longest)) credit -= now() - since;
}

/** Returns whether a channel had a message before `end`. The others are expected again then. */
function readUntilAnswered(channels: readonly PolledChannel[], size: number, looks: number, end: number): boolean {
  do {
    for (let look = 0; look < looks; look++) {
      const channel = channels[look % size] as PolledChannel;
      if (!channel.hasNews) continue;
      channel.read();
      for (let i = 0; i < size; i++) if (channels[i] !== channel) expectAnswer(channels[i] as PolledChannel);
      return true;
    }
  } while (now() < end);
  return false;
}

/** A channel for which a poll is planned stays attended for another turn: its worker would wake the event loop in vain. */
function endTurn(): void {
  turnSince = 0;
  const channels = attended;
  attended = [];
  let resting = 0;
  for (const channel of channels) {
    channel.isAttended = false;
    if (channel.isExpected) attend(channel);
    else channels[resting++] = channel;
  }
  channels.length = resting;
  restAll(channels, 0);
}

/** A reader that throws does not keep the others from their end. */
function restAll(channels: readonly PolledChannel[], from: number): void {
  let at = from;
  try {
    for (; at < channels.length; at++) (channels[at] as PolledChannel).rest();
  } finally {
    if (at < channels.length) restAll(channels, at + 1);
  }
}
