// Lists all questions in the order in which they run.
import arrival from './arrival.mjs';
import arrivalFull from './arrival-full.mjs';
import bimodal from './bimodal.mjs';
import buffersProcesses from './buffers-processes.mjs';
import buffersThreads from './buffers-threads.mjs';
import burstsProcesses from './bursts-processes.mjs';
import burstsThreads from './bursts-threads.mjs';
import callOptions from './call-options.mjs';
import cluster from './cluster.mjs';
import cpu from './cpu.mjs';
import facades from './facades.mjs';
import idle from './idle.mjs';
import imports from './import.mjs';
import latencyProcesses from './latency-processes.mjs';
import latencyThreads from './latency-threads.mjs';
import latencyThreadsFull from './latency-threads-full.mjs';
import losses from './losses.mjs';
import manyFacades from './many-facades.mjs';
import manyWorkers from './many-workers.mjs';
import mapProcesses from './map-processes.mjs';
import mapThreads from './map-threads.mjs';
import memory from './memory.mjs';
import objectsProcesses from './objects-processes.mjs';
import objectsThreads from './objects-threads.mjs';
import pythonMethods from './python-methods.mjs';
import queueDepth from './queue-depth.mjs';
import slots from './slots.mjs';
import stages from './stages.mjs';
import startupProcesses from './startup-processes.mjs';
import startupThreads from './startup-threads.mjs';
import submitProcesses from './submit-processes.mjs';
import submitThreads from './submit-threads.mjs';
import timers from './timers.mjs';
import typedArrays from './typed-arrays.mjs';
import worth from './worth.mjs';

export const questions = [
  submitThreads,
  submitProcesses,
  mapThreads,
  mapProcesses,
  latencyThreads,
  latencyThreadsFull,
  latencyProcesses,
  burstsThreads,
  burstsProcesses,
  pythonMethods,
  arrival,
  arrivalFull,
  bimodal,
  cpu,
  objectsThreads,
  objectsProcesses,
  buffersThreads,
  buffersProcesses,
  typedArrays,
  memory,
  idle,
  timers,
  startupThreads,
  startupProcesses,
  manyWorkers,
  imports,
  queueDepth,
  facades,
  manyFacades,
  losses,
  callOptions,
  slots,
  stages,
  worth,
  cluster,
];
