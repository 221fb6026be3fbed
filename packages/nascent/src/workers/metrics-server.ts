import { createServer } from 'node:http';
import { NascentError } from '../errors.ts';

export interface MetricsServerOptions {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** The text of `/metrics`. */
  readonly read: () => Promise<string>;
}

export interface MetricsServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Nobody can listen there. */
export class MetricsPortError extends NascentError {
  constructor(host: string, port: number, cause: unknown) {
    super(
      'METRICS_PORT',
      `metrics cannot be served at ${host}:${port}. Choose another --metrics PORT or --metrics-host`,
      {
        cause,
      },
    );
  }
}

/**
 * Serves `/metrics` for Prometheus, and `/healthz`, which answers as long as this process does: whether the database can be
 * reached is a metric, since ending a worker that waits for it would throw its children away.
 * @throws MetricsPortError
 */
export async function openMetricsServer({ host, port, read }: MetricsServerOptions): Promise<MetricsServer> {
  const server = createServer((request, response) => {
    const answer = (status: number, text: string, type = 'text/plain; charset=utf-8'): void => {
      response.writeHead(status, { 'content-type': type });
      response.end(request.method === 'HEAD' ? undefined : text);
    };
    if (request.method !== 'GET' && request.method !== 'HEAD') return answer(405, 'only GET is answered\n');
    switch (request.url?.split('?')[0]) {
      case '/healthz':
        return answer(200, 'ok\n');
      case '/metrics':
        read().then(
          (text) => answer(200, text, 'text/plain; version=0.0.4; charset=utf-8'),
          () => answer(500, 'the metrics could not be read\n'),
        );
        return;
      default:
        return answer(404, 'there are /metrics and /healthz\n');
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve); // throws at once where there is no such port
  }).catch((cause: unknown) => {
    throw new MetricsPortError(host, port, cause);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
