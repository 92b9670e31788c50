// A worker thread, or a forked process, that does the minimum with tasks that wait: each message starts one, and its end sends one.
import { parentPort } from 'node:worker_threads';
import { waitOrSpin } from './tasks.mjs';

const channel = parentPort ?? process;
const send = (message) => (parentPort === null ? process.send(message) : parentPort.postMessage(message));
channel.on('message', ([id, argument]) => void waitOrSpin(argument).then((result) => send([id, result])));
if (parentPort === null) process.on('disconnect', () => process.exit());
send('ready');
