import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { parseYaml } from './yaml-file.js';

const step = z.strictObject({
  wait: z.int().min(0),
  rule: z.union([z.enum(['any', 'each_org']), z.strictObject({ quorum: z.int().min(2) })]),
});
const policy = z.strictObject({ id: z.string().min(3), steps: z.array(step).min(1) });

describe('a YAML file that is checked against a schema', () => {
  it('gives the typed value', () => {
    expect(parseYaml('id: default\nsteps:\n  - wait: 0\n    rule: { quorum: 2 }\n', 'p.yaml', policy)).toEqual({
      id: 'default',
      steps: [{ wait: 0, rule: { quorum: 2 } }],
    });
  });

  it('points into lists, at the value itself', () => {
    const text = 'id: default\nsteps:\n  - wait: 0\n    rule: any\n  - wait: -5\n    rule: any\n';
    expect(() => parseYaml(text, 'p.yaml', policy)).toThrow('p.yaml:5:11: steps[1].wait: allowed is a number of at least 0; found -5');
  });

  it('points at the group in which a field is missing', () => {
    const text = 'id: default\nsteps:\n  - rule: any\n';
    expect(() => parseYaml(text, 'p.yaml', policy)).toThrow('p.yaml:3:5: steps[0].wait: allowed is a number; found nothing');
  });

  it('explains the branch of a choice that the author meant', () => {
    const inside = 'id: default\nsteps:\n  - wait: 0\n    rule: { quorum: 1 }\n';
    expect(() => parseYaml(inside, 'p.yaml', policy)).toThrow('p.yaml:4:21: steps[0].rule.quorum: allowed is a number of at least 2; found 1');
    const neither = 'id: default\nsteps:\n  - wait: 0\n    rule: most\n';
    expect(() => parseYaml(neither, 'p.yaml', policy)).toThrow(
      'p.yaml:4:11: steps[0].rule: allowed is one of any, each_org, or a group of fields; found "most"',
    );
  });

  it('points at the name when there is no such field', () => {
    expect(() => parseYaml('id: default\nsteps:\n  - wait: 0\n    rule: any\nlater:\n  - 1\n', 'p.yaml', policy)).toThrow(
      'p.yaml:5:1: later: allowed is no such field here; found a list of 1',
    );
  });

  it('refuses an empty file and shortens what it shows', () => {
    expect(() => parseYaml('', 'p.yaml', policy)).toThrow('p.yaml: allowed is a group of fields; found null');
    const long = `id: [${'1, '.repeat(50)}]`;
    expect(() => parseYaml(long, 'p.yaml', policy)).toThrow('found a list of 50');
  });
});
