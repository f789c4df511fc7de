/** Files that are wrong a hundred thousand times, or made to take long: they must not stop a director that reloads. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConfigError, type ConfigProblem } from '../../../src/config/load.js';
import { loadText } from '../../support/config-text.js';

const TIMEOUT_MS = 20_000;
const WEB = 'services:\n  - name: web\n    address: 192.0.2.10:80\n';

function lines(count: number, line: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => `${line(index)}\n`).join('');
}

async function problemsOf(text: string): Promise<readonly ConfigProblem[]> {
  try {
    await loadText(text);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.problems;
  }
  return [];
}

const OFTEN_WRONG: Readonly<Record<string, string>> = {
  'pools that are missing': `pools:\n${lines(10_000, (index) => `  pool-${index}: [10.0.0.1:80]`)}${WEB}    servers:\n${lines(10_000, (index) => `      - { pool: poll-${index} }`)}`,
  'aliases that are missing': `${lines(10_000, (index) => `a${index}: &name-${index} 1`)}${lines(10_000, (index) => `b${index}: *nmae-${index}`)}`,
  'pools of the wrong type': `pools:\n${lines(20_000, (index) => `  p${index}: [1]`)}`,
  'unknown keys': `${WEB}${lines(20_000, (index) => `    k${index}: 1`)}`,
  'secrets in services without names': `services:\n${lines(15_000, (index) => `  - { password: x${index} }`)}`,
  'variables that are missing': `services:\n${lines(20_000, (index) => `  - \${NOBODY_SETS_${index}}`)}`,
  'servers written twice': `${WEB}    servers:\n${lines(20_000, () => '      - 10.0.0.1:80')}`,
  'services on one address': `services:\n${lines(10_000, (index) => `  - { name: s${index}, match: [{ address: 1.2.3.4, ports: 1-65535 }] }`)}`,
};

describe('a file that is wrong again and again', () => {
  for (const [name, text] of Object.entries(OFTEN_WRONG)) {
    it(`with ${name} is told a thousand times, and soon`, { timeout: TIMEOUT_MS }, async () => {
      assert.equal((await problemsOf(text)).length, 1000);
    });
  }

  it('may be odd in any number of ways as long as it is right', async () => {
    const { warnings } = await loadText(`pools:\n${lines(3000, (index) => `  p${index}: []`)}${WEB}`);
    assert.equal(warnings.length, 1000);
  });
});

describe('a file that is made to take long', () => {
  const long: Readonly<Record<string, readonly [text: string, rule: string]>> = {
    'a long text and many aliases of it': [
      `a: &a "${'x'.repeat(1_000_000)}"\nb:\n${lines(200_000, () => '- *a')}`,
      'unknown-key',
    ],
    'variables that never end': [`${WEB}    scheduler: "${'${A:-'.repeat(500_000)}"\n`, 'variable-malformed'],
    'long words in lines that are no YAML': [`${lines(1800, () => 'a'.repeat(2000))}x: [\n`, 'yaml-key'],
    'one large pool in many services': [
      `pools:\n  p:\n${lines(2000, (index) => `    - 10.0.${index >> 8}.${index & 255}:80`)}services:\n${lines(2000, (index) => `  - { name: s${index}, address: "10.1.${index >> 8}.${index & 255}:80", servers: [{ pool: p }] }`)}`,
      'too-many-servers',
    ],
    'a word of a million letters': [`${WEB}    scheduler: ${'x'.repeat(1_000_000)}\n`, 'unknown-scheduler'],
    'a hundred thousand brackets': [`a: ${'['.repeat(100_000)}`, 'yaml-too-deep'],
  };
  for (const [name, [text, rule]] of Object.entries(long)) {
    it(`by ${name} is refused soon`, { timeout: TIMEOUT_MS }, async () => {
      assert.equal((await problemsOf(text))[0]?.rule, rule);
    });
  }
});
