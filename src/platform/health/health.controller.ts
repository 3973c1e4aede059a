import { Controller, Get, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Health, type HealthReport } from './health.js';

/** For the process manager and the load balancer. Says which part has a problem, never more. */
@Controller('health')
export class HealthController {
  constructor(private readonly health: Health) {}

  /** The process runs and answers. Failing this means: restart it. */
  @Get('live')
  live(): { status: 'live' } {
    return { status: 'live' };
  }

  /** The process can do its work. Failing this means: send requests elsewhere. */
  @Get('ready')
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<HealthReport> {
    const report = await this.health.report();
    if (report.status === 'not-ready') void reply.status(503);
    return report;
  }
}
