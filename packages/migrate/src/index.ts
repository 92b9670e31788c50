/** The door of migrate. */
export type { Api } from './kinds.ts';
export { type Leftover, type MigratedFile, type MigrateOptions, type Migration, migrate } from './migrate.ts';
export type { Source } from './program.ts';
