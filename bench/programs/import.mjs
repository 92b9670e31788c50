// Prints the milliseconds that the import of the named package takes (question `import`).
const started = performance.now();
await import(process.argv[2]);
console.log(performance.now() - started);
