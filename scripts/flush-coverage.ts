/** Writes the V8 coverage after each test file, because vitest ends its processes with a signal, which discards it. */
import { takeCoverage } from 'node:v8';
import { afterAll } from 'vitest';

if (process.env.NODE_V8_COVERAGE) afterAll(() => takeCoverage());
