import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { Metrics } from '../../src/platform/metrics/metrics.js';
import { testApp, type TestApp } from '../support/app.js';
import { until } from '../support/ladder.js';

interface Rules {
  readonly groups: readonly { readonly rules: readonly { readonly alert: string; readonly expr: string; readonly labels: { readonly severity: string } }[] }[];
}
interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly expr: string }[] }[];
}

const rules = (parse(readFileSync('docs/operations/prometheus/alert-rules.yaml', 'utf8')) as Rules).groups.flatMap((group) => group.rules);
const dashboard = JSON.parse(readFileSync('docs/operations/grafana/jardam.json', 'utf8')) as Dashboard;

const namesIn = (text: string): string[] => [...text.matchAll(/\bjardam_[a-z0-9_]+/g)].map(([name]) => name);

describe('alert rules, dashboard and their description', () => {
  let app: TestApp;
  let shown: Set<string>;

  beforeAll(async () => {
    app = await testApp();
    const metrics = app.service.app.get(Metrics);
    metrics.collectProcessMetrics();
    await until('the first audit', async () => (await metrics.text()).includes('jardam_audit_passed 1'));
    // A histogram is asked for by its parts.
    shown = new Set([...(await metrics.text()).matchAll(/^# TYPE (\S+) (\S+)$/gm)].flatMap(([, name = '', kind]) => (kind === 'histogram' ? [name, `${name}_bucket`] : [name])));
  }, 60_000);

  afterAll(() => app.stop());

  it.each(rules.map((rule) => [rule.alert, rule.expr] as const))('rule %s asks for what the service shows', (_alert, expr) => {
    for (const name of namesIn(expr)) expect(shown).toContain(name);
  });

  it.each(dashboard.panels.map((panel) => [panel.title, panel.targets.map(({ expr }) => expr).join(' ')] as const))('panel "%s" asks for what the service shows', (_title, expr) => {
    expect(namesIn(expr).length).toBeGreaterThan(0);
    for (const name of namesIn(expr)) expect(shown).toContain(name);
  });

  it('the description names only what there is', () => {
    for (const name of namesIn(readFileSync('docs/operations/watching.md', 'utf8'))) expect(shown).toContain(name);
  });

  it('every rule says how urgent it is', () => {
    expect(new Set(rules.map(({ labels }) => labels.severity))).toEqual(new Set(['page', 'ticket']));
  });
});
