/** Writes what V8 counted after each test file: vitest ends its processes by a signal, and nothing would be written then. */
import { takeCoverage } from 'node:v8';
import { afterAll } from 'vitest';

if (process.env.NODE_V8_COVERAGE) afterAll(() => takeCoverage());
