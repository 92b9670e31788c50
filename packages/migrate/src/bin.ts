#!/usr/bin/env node
/** The program of `npx @twinpool/migrate`. */
import { run } from './command.ts';

process.exitCode = run(process.argv.slice(2), process);
