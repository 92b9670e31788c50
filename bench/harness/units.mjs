// Defines the metrics that several questions use.
export const rate = { rate: { label: 'tasks per second', unit: '/s', better: 'higher' } };

export const latency = {
  p50: { label: 'latency, median', unit: 'µs', better: 'lower' },
  p99: { label: 'latency, 99th percentile', unit: 'µs', better: 'lower' },
};

export const wall = { wall: { label: 'wall time', unit: 'ms', better: 'lower' } };
