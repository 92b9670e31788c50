/** The programs of the README, one after the other. */
await import('./pool.ts');
await import('./executor.ts');
await import('./shared.ts');
await import('./forms.ts');
