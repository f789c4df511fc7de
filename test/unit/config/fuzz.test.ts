import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, it } from 'node:test';
import { parseDocument, stringify } from 'yaml';
import { ConfigError, loadConfig, type ConfigSource } from '../../../src/config/load.js';
import { seededRandom, type SeededRandom } from '../../support/random.js';

const SEEDS = Number(process.env['LVSD_FUZZ_SEEDS'] ?? 400);
const MAIN = '/nowhere/lvsd.yaml';

const etc = fileURLToPath(new URL('../../../etc/', import.meta.url));
const seeds = readdirSync(etc)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => readFileSync(etc + name, 'utf8'));

const FRAGMENTS = [
  '\t',
  '\0',
  '{',
  '}',
  '[',
  ']',
  ':',
  '- ',
  '&a ',
  '*a',
  '!!int ',
  '---\n',
  '"',
  "'",
  '|\n',
  '${',
  '${A}',
  '${A:-',
  '<<: *a\n',
  '# ',
  '\n',
  '\r\n',
  '\u2028',
  '\ufeff',
  'é',
  '💥',
  '999999999999',
  '0x',
  '.inf',
  '~',
  '__proto__: ',
  'constructor',
  '? ',
  '%YAML 1.1\n',
  '@',
  '`',
  '>-\n',
  ',',
  '-1',
  '1e999',
];
const VALUES: readonly unknown[] = [
  null,
  true,
  -1,
  1.5,
  1e300,
  '',
  ' ',
  'x',
  '${A}',
  '${B}',
  '10.0.0.1:80',
  '[::1]:1',
  [],
  {},
  [[]],
  [null],
  { pool: 'web' },
  { address: 1 },
  '*',
  './x.js',
  'constructor',
  '__proto__',
  '\ud800',
];

function mutateBytes(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  let result = Buffer.from(bytes);
  for (let round = random.int(1, 4); round > 0; round--) {
    const at = random.int(0, result.length);
    const until = Math.min(result.length, at + random.int(0, random.chance(0.2) ? 400 : 4));
    const insert = random.chance(0.3)
      ? Buffer.from([random.int(0, 255)])
      : Buffer.from(random.pick(FRAGMENTS));
    result = Buffer.concat([
      result.subarray(0, at),
      random.chance(0.7) ? insert : Buffer.alloc(0),
      result.subarray(until),
    ]);
  }
  return result;
}

/** Every container of a document, so that one can be chosen and changed. */
function containersOf(value: unknown): (Record<string, unknown> | unknown[])[] {
  if (typeof value !== 'object' || value === null) return [];
  return [value as Record<string, unknown>, ...Object.values(value).flatMap(containersOf)];
}

function mutateStructure(text: string, random: SeededRandom): string {
  const root = parseDocument(text).toJS() as unknown;
  for (let round = random.int(1, 3); round > 0; round--) {
    const container = random.pick(containersOf(root)) as Record<string, unknown>;
    const keys = Object.keys(container);
    const key = keys.length === 0 ? 'x' : random.pick(keys);
    const action = random.int(0, 3);
    if (action === 0 && !Array.isArray(container)) Reflect.deleteProperty(container, key);
    else if (action === 1 && Array.isArray(container)) container.push(structuredClone(container[0]));
    else if (action === 2) container[`${key}x`] = structuredClone(container[key]);
    else container[key] = structuredClone(random.pick(VALUES));
  }
  return stringify(root, { aliasDuplicateObjects: false });
}

function sourceOf(bytes: Uint8Array): ConfigSource {
  return {
    read: (path) =>
      path === MAIN ? Promise.resolve(bytes) : Promise.reject(new Error('ENOENT: no such file')),
    list: () => Promise.resolve(['lvsd.yaml', 'b.yaml', '.hidden']),
  };
}

async function check(bytes: Uint8Array, label: string): Promise<boolean> {
  try {
    await loadConfig(MAIN, { environment: { A: '7' }, hostName: 'here', source: sourceOf(bytes) });
    return true;
  } catch (error) {
    assert.ok(error instanceof ConfigError, `${label}: ${String(error)}`);
    assert.ok(error.problems.length > 0, label);
    const lines = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes).split('\n');
    for (const { line, column, message, rule } of error.problems) {
      assert.ok(line >= 1 && line <= lines.length, `${label}: line ${line}`);
      assert.ok(
        column >= 1 && column <= (lines[line - 1]?.length ?? 0) + 1,
        `${label}: ${rule} ${line}:${column}`,
      );
      assert.ok(message !== '' && /^[a-z0-9]+(-[a-z0-9]+)*$/.test(rule), label);
    }
    error.report({ color: false });
    return false;
  }
}

describe('loadConfig under mutation', () => {
  it('accepts or refuses with places inside the file, whatever the bytes', async () => {
    let refused = 0;
    for (let seed = 0; seed < SEEDS; seed++) {
      const random = seededRandom(seed);
      if (!(await check(mutateBytes(Buffer.from(random.pick(seeds)), random), `bytes, seed ${seed}`)))
        refused++;
    }
    assert.ok(refused > SEEDS / 4 && refused < SEEDS, `${refused} of ${SEEDS} refused`);
  });

  it('accepts or refuses with places inside the file, whatever the structure', async () => {
    let refused = 0;
    for (let seed = 0; seed < SEEDS; seed++) {
      const random = seededRandom(seed);
      const text = mutateStructure(random.pick(seeds), random);
      if (!(await check(Buffer.from(text), `structure, seed ${seed}`))) refused++;
    }
    assert.ok(refused > SEEDS / 4 && refused < SEEDS, `${refused} of ${SEEDS} refused`);
  });
});
