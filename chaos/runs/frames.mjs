// Frames: feeds the answer reader with bytes that a faulty worker could write.
import { decodePayload, encodeFrame, FrameReader, HEADER_BYTES } from '@twinpool/testkit/core';
import { MiB } from '../harness/figures.mjs';

const MOST = 2 ** 20;

export const title =
  'the frame reader gets invalid frames and frames with changed bytes: it does not throw and allocates no more than announced';
export const seconds = 600;

export async function run(run) {
  const inputs = run.tasks ?? (run.short ? 20_000 : 1_000_000);
  const random = run.random(7);
  const whole = (most) => Math.floor(random() * most);
  const templates = messages().map((message) => encodeFrame(message, MOST));
  const counts = { refused: 0, waiting: 0, payloads: 0, messages: 0, unreadable: 0 };
  let slowest = 0;
  const arrays = process.memoryUsage().arrayBuffers;
  let mostArrays = 0;

  let done = 0;
  for (; done < inputs && !run.isOver; done++) {
    const bytes = input(templates, random, whole);
    const began = performance.now();
    feed(run, bytes, whole, counts);
    slowest = Math.max(slowest, performance.now() - began);
    if (done % 1000 === 0) {
      mostArrays = Math.max(mostArrays, process.memoryUsage().arrayBuffers - arrays);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  run.figure('inputs', done);
  run.figure(
    'results',
    Object.entries(counts)
      .map(([name, count]) => `${count} ${name}`)
      .join(', '),
  );
  run.figure('slowest input', `${slowest.toFixed(1)} ms`);
  run.figure('most memory of buffers', `${(mostArrays / MiB).toFixed(1)} MiB`);
  run.expect(slowest < 1000 * run.slack, 'an input took a second', `${slowest}`);
  run.expect(mostArrays < 512 * MiB, 'buffers of half a gigabyte', `${mostArrays}`);
}

/** Feeds a new reader with the bytes in random pieces, and counts the results. */
function feed(run, bytes, whole, counts) {
  try {
    const reader = new FrameReader(MOST, (payload) => {
      counts.payloads += 1;
      try {
        const [kind] = decodePayload(payload);
        counts.messages += 1;
        run.expect(typeof kind === 'number', 'a message without a kind', bytes.toString('hex'));
      } catch (error) {
        counts.unreadable += 1;
        run.expect(error instanceof Error, 'a value that is not an error was thrown', bytes.toString('hex'));
      }
    });
    let goesOn = true;
    for (let at = 0; goesOn && at < bytes.length; ) {
      const piece = bytes.subarray(at, at + 1 + whole(bytes.length));
      at += piece.length;
      goesOn = reader.push(piece);
    }
    counts[goesOn ? 'waiting' : 'refused'] += 1;
  } catch (error) {
    run.expect(false, 'the reader threw', `${error} for ${bytes.toString('hex')}`);
  }
}

/** Returns random bytes, a random payload after a good header, or a good frame whose bytes are changed, cut off or doubled. */
function input(templates, random, whole) {
  const way = random();
  if (way < 0.1) return noise(whole(200), whole);
  const template = templates[whole(templates.length)];
  if (way < 0.3) {
    const payload = noise(whole(120), whole);
    // Often with the first bytes, which identify the format.
    template.copy(payload, 0, HEADER_BYTES, HEADER_BYTES + Math.min(payload.length, whole(4)));
    const header = Buffer.from(template.subarray(0, HEADER_BYTES));
    header.writeUInt32LE(payload.length, 4);
    return Buffer.concat([header, payload]);
  }
  let frame = Buffer.from(template);
  for (let i = 1 + whole(4); i > 0; i--) {
    const at = (random() < 0.3 ? 0 : HEADER_BYTES) + whole(frame.length - HEADER_BYTES);
    if (random() < 0.5) frame[at] = whole(256);
    // A decoder depends most on lengths.
    else frame[at] = [0, 1, 0x7f, 0x80, 0xfe, 0xff][whole(6)];
  }
  const form = random();
  if (form < 0.1) frame = frame.subarray(0, whole(frame.length));
  else if (form < 0.2) {
    const cut = HEADER_BYTES + whole(frame.length - HEADER_BYTES);
    frame = Buffer.concat([frame.subarray(0, cut), frame.subarray(HEADER_BYTES + whole(frame.length - HEADER_BYTES))]);
    frame.writeUInt32LE(frame.length - HEADER_BYTES, 4);
  }
  return random() < 0.2 ? Buffer.concat([frame, template]) : frame;
}

function noise(length, whole) {
  const bytes = Buffer.alloc(length);
  for (let i = 0; i < length; i++) bytes[i] = whole(256);
  return bytes;
}

/** Messages as workers send them: small numbers, texts, structures, errors, typed arrays. */
function messages() {
  const cyclic = { self: undefined, list: [1, 2] };
  cyclic.self = cyclic;
  return [
    [11, 4711],
    [13, 3, [1, 2, 3], undefined, [1, 3, 120], 7, 0],
    [13, 2, ['a text', 'another'], undefined, [1, 2, 15.5], 1, 1],
    [13, 1, [undefined], [0, 3, [1, { name: 'RangeError', message: 'no', stack: 'at x' }]], [1, 1, 2], 1, 0],
    [13, 4, [1.5, -0, Number.NaN, 2 ** 40], undefined, [2, 4, 3], 2, 0],
    [13, 2, [{ a: 1, b: [true, null, undefined] }, new Map([[1, new Set(['x'])]])], undefined, [3, 2, 9], 3, 0],
    [13, 1, [cyclic], undefined, [1, 1, 1], 4, 0],
    [13, 2, [new Uint8Array([1, 2, 3]), new Float64Array(4)], undefined, [1, 2, 1], 5, 0],
    [15, 0, 'a report'],
    [16, [1, { message: 'late' }], true, false],
    [17, 1, 12],
  ];
}
