// What `import` times: how long the package named takes to load, in milliseconds.
const started = performance.now();
await import(process.argv[2]);
console.log(performance.now() - started);
