// CommonJS: the pool sends tasks to its cluster workers at once, and a worker that loads as an ES module does not listen yet and loses them.
const { ClusterWorker } = require('poolifier');
const tasks = require('./tasks.mjs');

module.exports = new ClusterWorker({ ...tasks });
