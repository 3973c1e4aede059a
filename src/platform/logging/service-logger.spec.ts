import { describe, expect, it } from '@jest/globals';
import { ServiceLogger } from './service-logger.js';

function loggerOf(format: 'plain' | 'json', level: 'info' | 'debug' = 'info'): { log: ServiceLogger; lines: string[] } {
  const lines: string[] = [];
  return { log: new ServiceLogger({ format, level }, (line) => lines.push(line)), lines };
}

describe('the log of the service', () => {
  it('writes one line with time, level and context', () => {
    const { log, lines } = loggerOf('plain');
    log.warn('the mail server refuses', 'Delivery');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z warn {2}\[Delivery\] the mail server refuses$/);
  });

  it('writes JSON for a collector', () => {
    const { log, lines } = loggerOf('json');
    log.log('started', 'Service');
    expect(JSON.parse(lines[0] ?? '')).toEqual({ at: expect.any(String), level: 'info', context: 'Service', message: 'started' });
  });

  it('tells the message of our own errors', () => {
    const { log, lines } = loggerOf('json');
    log.error('the tick failed', new Error('the timer of an open alert has no due time'), 'Engine');
    expect(lines[0]).toContain('the tick failed: Error, the timer of an open alert has no due time');
    expect(lines[0]).toContain('    at ');
  });

  it('shows of a foreign error its code and place, never its message: databases and mail servers quote people', () => {
    const { log, lines } = loggerOf('json');
    const database = Object.assign(new Error('duplicate key (place)=(canary-cell-7)'), { name: 'error', code: '23505', table: 'alert', constraint: 'alert_pkey' });
    const parsing = syntaxErrorOf('{"where": "canary-cell-7"');
    log.error('not stored', database);
    log.error('not read', parsing);
    expect(lines.join('\n')).not.toContain('canary');
    expect(lines[0]).toContain('error, code 23505, table alert, constraint alert_pkey');
    expect(lines[1]).toContain('SyntaxError');
  });

  it('never writes an object that was passed by mistake', () => {
    const { log, lines } = loggerOf('plain');
    log.log({ report: 'canary-cell-7' });
    expect(lines[0]).toMatch(/a object$/);
  });

  it('does not list every route at each start', () => {
    const { log, lines } = loggerOf('plain');
    log.log('Mapped {/health/live, GET} route', 'RouterExplorer');
    log.error('a module is missing', 'InstanceLoader');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('a module is missing');
  });

  it('leaves out what is below its level', () => {
    const { log, lines } = loggerOf('plain');
    log.debug('details');
    log.verbose('more');
    expect(lines).toEqual([]);
  });
});

function syntaxErrorOf(text: string): Error {
  try {
    JSON.parse(text);
  } catch (error) {
    return error as Error;
  }
  throw new Error('this text was meant to be broken');
}
