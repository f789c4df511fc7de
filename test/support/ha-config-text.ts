/** Instances of VRRP that a test writes as text. */
import assert from 'node:assert/strict';
import { ConfigError, type ConfigProblem } from '../../src/config/load.js';
import type { HaSettings } from '../../src/model/ha.js';
import { loadText } from './config-text.js';

export const SHOP = 'name: vi_shop, interface: eth0, vrid: 51, addresses: [192.0.2.10/24]';
export const INNER = 'name: vi_inner, interface: eth1, vrid: 51, addresses: [10.0.1.254/24]';

/** @param more what else stands below `ha`, a line each */
export function haText(instances: readonly string[], more: readonly string[] = []): string {
  const lines = more.map((line) => `  ${line}\n`).join('');
  return `ha:\n${lines}  instances:\n${instances.map((keys) => `    - { ${keys} }\n`).join('')}`;
}

export async function haOf(instances: readonly string[], more: readonly string[] = []): Promise<HaSettings> {
  const { ha } = (await loadText(haText(instances, more))).model;
  assert.ok(ha);
  return ha;
}

/** None when it is accepted. */
export async function problemsOf(text: string): Promise<readonly ConfigProblem[]> {
  try {
    await loadText(text);
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.problems;
  }
}

/** `rule path` each; none when it is accepted. */
export async function refusalsOf(text: string): Promise<readonly string[]> {
  return (await problemsOf(text)).map(({ rule, path }) => `${rule} ${path}`);
}

/** `rule path` each. */
export async function warningsOf(text: string): Promise<readonly string[]> {
  return (await loadText(text)).warnings.map(({ rule, path }) => `${rule} ${path}`);
}
