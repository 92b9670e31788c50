// Makes the objects of `objects-*`: orders of about 10 KB as JSON, like those that real programs send; `worth` uses other sizes.
export function order(id, size = 90) {
  const lines = Array.from({ length: size }, (_, i) => ({
    sku: `SKU-${id}-${i}`,
    title: `Article number ${i} of order ${id}`,
    count: (i % 7) + 1,
    price: 1.5 * i + 0.25,
    tags: ['new', i % 2 === 0 ? 'even' : 'odd'],
  }));
  return { id, customer: { name: 'Ada Lovelace', mail: 'ada@example.org', since: '1843-07-10' }, lines };
}

/** Returns the priced orders per second. The round checks the id and the last total of every order. */
export async function priced(run, orders) {
  const started = performance.now();
  const results = await Promise.all(orders.map(run));
  const seconds = (performance.now() - started) / 1_000;
  const wrong = results.findIndex(
    (result, i) => result.id !== orders[i].id || result.lines[89].total !== orders[i].lines[89].count * orders[i].lines[89].price,
  );
  if (wrong !== -1) throw new Error(`expected the priced order ${wrong}, got another one`);
  return { rate: orders.length / seconds };
}
