// A forked process that does the minimum, after the worker program of twinpool was compiled, as in each of its workers.
import './with-worker-program.mjs';
import './bare-process.mjs';
