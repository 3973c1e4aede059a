import type { LoggerService } from '@nestjs/common';
import type { LoggingConfig } from '../config/slices.js';
import { describeError } from './describe-error.js';
import { redact } from './redact.js';

type LogLevel = LoggingConfig['level'];
// Nest names every module and route at each start; that is of use only when something does not start.
const CONTEXTS_FOR_DEBUGGING = new Set(['InstanceLoader', 'RoutesResolver', 'RouterExplorer', 'NestFactory', 'NestApplication']);
const LEVELS: readonly LogLevel[] = ['error', 'warn', 'info', 'debug'];

/**
 * The program's log: one line for each message, plain for a terminal or JSON for a collector.
 * No addresses, bodies or ids: everything goes through the redaction, and of errors only what is ours is shown.
 */
export class ServiceLogger implements LoggerService {
  constructor(
    private readonly options: LoggingConfig,
    private readonly write: (line: string) => void = (line) => void process.stderr.write(`${line}\n`),
  ) {}

  log(message: unknown, ...rest: unknown[]): void {
    const chatter = CONTEXTS_FOR_DEBUGGING.has(String(rest.at(-1)));
    this.line(chatter ? 'debug' : 'info', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.line('error', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.line('warn', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.line('debug', message, rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.line('debug', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.line('error', message, rest);
  }

  private line(level: LogLevel, message: unknown, rest: readonly unknown[]): void {
    if (LEVELS.indexOf(level) > LEVELS.indexOf(this.options.level)) return;
    // Nest passes its context as the last text, and a stack or an error before it.
    const context = typeof rest.at(-1) === 'string' && !isStack(rest.at(-1)) ? (rest.at(-1) as string) : undefined;
    const errors = [message, ...rest].filter((part): part is Error => part instanceof Error);
    const text = [typeof message === 'string' ? message : '', ...errors.map(describeError)].filter(Boolean).join(': ');
    const shown = redact(text || `a ${typeof message}`);
    const at = new Date().toISOString();
    this.write(
      this.options.format === 'json'
        ? JSON.stringify({ at, level, ...(context ? { context } : {}), message: shown })
        : `${at} ${level.padEnd(5)} ${context ? `[${context}] ` : ''}${shown}`,
    );
  }
}

function isStack(part: unknown): boolean {
  return typeof part === 'string' && /\n\s+at /.test(part);
}
