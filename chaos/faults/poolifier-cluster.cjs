// CommonJS, since the pool sends tasks to its cluster workers at once: one that loads as an ES module is not listening yet and loses them.
const { ClusterWorker } = require('poolifier');
const tasks = require('./tasks.mjs');

module.exports = new ClusterWorker({ ...tasks });
