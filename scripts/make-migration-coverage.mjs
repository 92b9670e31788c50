// Writes docs/migrating-coverage.md. Wants packages/migrate built.
import { writeFileSync } from 'node:fs';
import { coveragePage } from '../packages/migrate/test/coverage.mjs';
import { root } from './workspace.mjs';

writeFileSync(`${root}docs/migrating-coverage.md`, coveragePage());
