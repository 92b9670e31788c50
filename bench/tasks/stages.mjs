// The minimal worker of question `stages`, on the transports that our workers use: it waits for a message of the same size or shape and answers.
// Each answer is the time at which the task would begin, in ns of the clock of the machine, which is the same for threads and processes.
import { readSync, writeSync } from 'node:fs';
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';

const now = () => Number(process.hrtime.bigint());

if (parentPort !== null) inThread(workerData);
else inProcess(Number(process.argv[2]), Number(process.argv[3]));

/** Sleeps on shared memory, not in the event loop. */
function inThread({ cells, port, answer }) {
  for (;;) {
    const seen = Atomics.load(cells, 0);
    const entry = receiveMessageOnPort(port);
    if (entry === undefined) Atomics.wait(cells, 0, seen);
    else port.postMessage(answer.with(2, [now()]));
  }
}

/** Sleeps in a blocking read, not in the event loop. Exits at the end of its input. */
function inProcess(requestBytes, answerBytes) {
  const request = Buffer.alloc(requestBytes);
  const answer = Buffer.alloc(answerBytes);
  for (;;) {
    for (let at = 0; at < requestBytes; ) {
      const read = readSync(3, request, { offset: at });
      if (read === 0) process.exit();
      at += read;
    }
    answer.writeDoubleLE(now());
    writeSync(4, answer);
  }
}
