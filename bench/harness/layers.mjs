// Measures the transports alone: messages of the same shape as ours, without any other code of ours. The result is the cost of the platform.
//
//   thread    sleeps on shared memory (Atomics.wait) until a message comes
//   process   sleeps in a blocking read of a pipe until a frame comes
//
// Our workers use the same transports, but look for the next message for up to 0.1 ms before they sleep. So a bare loop can be slower than ours.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { ANSWER, decodePayload, encodeFrame, HEADER_BYTES, TASKS } from '@twinpool/testkit/core';

const file = new URL('../tasks/stages.mjs', import.meta.url);
const MOST = 2 ** 20;

/** The two messages of one trivial task. */
const request = [TASKS, 1_000, 5, [1, 0, 1, [1], undefined]];
const answer = [ANSWER, 1, [clock()], undefined, [1], 1_000, 0];

/** ns of the clock of the machine, which is the same in every thread and process. */
export function clock() {
  return Number(process.hrtime.bigint());
}

/** `run()` resolves with the time at which the worker got the message. */
export function openBareBlocking(kind) {
  return kind === 'thread' ? openThread() : openProcess();
}

function openThread() {
  const cells = new Int32Array(new SharedArrayBuffer(4));
  const { port1, port2 } = new MessageChannel();
  const worker = new Worker(file, { workerData: { cells, port: port2, answer }, transferList: [port2] });
  let done;
  port1.on('message', ([, , [began]]) => done(began));
  const run = () =>
    new Promise((resolve) => {
      done = resolve;
      port1.postMessage(request);
      Atomics.add(cells, 0, 1);
      Atomics.notify(cells, 0);
    });
  return { run, close: () => worker.terminate() };
}

function openProcess() {
  const frame = encodeFrame(request, MOST);
  const answerBytes = encodeFrame(answer, MOST).length;
  const child = spawn(process.execPath, [fileURLToPath(file), String(frame.length), String(answerBytes)], {
    stdio: ['ignore', 'ignore', 'inherit', 'pipe', 'pipe'],
  });
  child.on('exit', (code) => {
    if (code !== 0) throw new Error(`expected the bare worker to end with 0, got ${code}`);
  });
  const [, , , out, back] = child.stdio;
  let done;
  back.on('data', (bytes) => done(bytes.readDoubleLE()));
  const run = () =>
    new Promise((resolve) => {
      done = resolve;
      out.write(frame);
    });
  return { run, close: () => out.end() };
}

/** Returns the µs to write and read both messages of a task within one thread. */
export function wireCost(kind, count) {
  const { port1, port2 } = new MessageChannel();
  const cloned = (message) => {
    port1.postMessage(message);
    return receiveMessageOnPort(port2).message;
  };
  const framed = (message) => decodePayload(encodeFrame(message, MOST).subarray(HEADER_BYTES));
  const carry = kind === 'thread' ? cloned : framed;
  const started = performance.now();
  for (let i = 0; i < count; i++) {
    if (carry(request)[0] !== TASKS || carry(answer)[0] !== ANSWER) throw new Error('another message came out');
  }
  const micros = ((performance.now() - started) * 1_000) / count;
  port1.close();
  return micros;
}
