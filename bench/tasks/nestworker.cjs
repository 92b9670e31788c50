// The provider whose methods are the tasks of nestworker. CommonJS: nestworker looks for its file in the cache of `require`. Its decorators are applied
// in peers/peers.mjs, so that this file does not need nestworker.
const tasks = require('./tasks.mjs');

class Tasks {
  increment(x) {
    return tasks.increment(x);
  }

  price(order) {
    return tasks.price(order);
  }
}

module.exports = { Tasks };
