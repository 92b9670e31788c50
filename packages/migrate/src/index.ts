/** The public entry point of `@twinpool/migrate`. */
export type { Api } from './library-kind.ts';
export { type Leftover, type MigratedFile, type MigrateOptions, type Migration, migrate } from './migrate.ts';
export type { Source } from './program.ts';
