/**
 * Answers questions about a node by HTTP: `/healthz`, `/readyz` and `/metrics` (Prometheus text).
 */
import { createServer, type Server, type ServerResponse } from 'node:http';

export interface HealthSource {
  readonly slots: number;
  readonly counts: { readonly running: number; readonly settled: number; readonly refused: number; readonly lockLosses: number };
  /** It takes jobs, and the engine answers. */
  isReady(): Promise<boolean>;
}

/** `place`: `HOST:PORT`. Resolves when it listens. */
export function serveHealth(place: string, source: HealthSource): Promise<Server> {
  const at = place.lastIndexOf(':');
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').replace(/\?.*$/, '');
    if (path === '/healthz') answer(response, 200, 'ok\n');
    else if (path === '/readyz')
      void source.isReady().then((isReady) => answer(response, isReady ? 200 : 503, isReady ? 'ready\n' : 'not ready\n'));
    else if (path === '/metrics') answer(response, 200, metricsOf(source));
    else answer(response, 404, 'there are /healthz, /readyz and /metrics\n');
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(Number(place.slice(at + 1)), place.slice(0, at).replace(/^\[|\]$/g, ''), () => resolve(server));
  });
}

function answer(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(text);
}

function metricsOf({ slots, counts }: HealthSource): string {
  const { running, settled, refused, lockLosses } = counts;
  return [
    ...metric('twinpool_slots', 'gauge', 'Tasks that the node runs at once.', slots),
    ...metric('twinpool_running', 'gauge', 'Jobs that the node has.', running),
    ...metric('twinpool_settled_total', 'counter', 'Tasks that ended.', settled),
    ...metric('twinpool_refused_total', 'counter', 'Jobs that the node refused.', refused),
    ...metric('twinpool_lock_losses_total', 'counter', 'Jobs whose lock was lost.', lockLosses),
    '',
  ].join('\n');
}

function metric(name: string, type: string, help: string, value: number): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, `${name} ${value}`];
}
