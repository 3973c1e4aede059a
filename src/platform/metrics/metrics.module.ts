import { createServer, type Server } from 'node:http';
import { Global, Inject, Logger, Module, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { METRICS_CONFIG, type MetricsConfig } from '../config/slices.js';
import { Metrics } from './metrics.js';

/**
 * Serves /metrics on a listener of its own, by default not at all: beside the public pages it would tell anybody how
 * many alerts arrive.
 */
@Global()
@Module({ providers: [Metrics], exports: [Metrics] })
export class MetricsModule implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly log = new Logger('Metrics');
  private server: Server | undefined;

  constructor(
    private readonly metrics: Metrics,
    @Inject(METRICS_CONFIG) private readonly config: MetricsConfig,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { port, host } = this.config;
    if (port === undefined) return;
    this.metrics.collectProcessMetrics();
    this.server = createServer((request, response) => {
      if (request.method !== 'GET' || request.url !== '/metrics') {
        response.writeHead(404).end();
        return;
      }
      this.metrics.text().then(
        (text) => response.writeHead(200, { 'content-type': this.metrics.contentType }).end(text),
        (error: unknown) => {
          this.log.error('the metrics could not be collected', error instanceof Error ? error : undefined);
          response.writeHead(500).end();
        },
      );
    });
    const server = this.server;
    await new Promise<void>((listening, failed) => {
      server.once('error', failed);
      server.listen(port, host, listening);
    });
    const bound = server.address();
    this.log.log(`metrics on port ${typeof bound === 'object' && bound ? bound.port : port}`);
  }

  async onApplicationShutdown(): Promise<void> {
    const server = this.server;
    if (!server) return;
    server.closeAllConnections();
    await new Promise<void>((closed) => server.close(() => closed()));
  }

  /** Where the listener is bound, for tests that asked for port 0. */
  boundPort(): number | null {
    const bound = this.server?.address();
    return typeof bound === 'object' && bound ? bound.port : null;
  }
}
