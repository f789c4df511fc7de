import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { jsonSchema } from '../../../src/config/json-schema.js';
import { loadConfig } from '../../../src/config/load.js';
import { configSchema } from '../../../src/config/schema/config.js';
import { keysOf } from '../../../src/config/schema/walk.js';

const etc = fileURLToPath(new URL('../../../etc/', import.meta.url));
const files = readdirSync(etc).filter((name) => name.endsWith('.yaml'));
const keys = keysOf(configSchema);

describe('etc/', () => {
  for (const name of files) {
    it(`${name} is valid and warns of nothing`, async () => {
      const { warnings } = await loadConfig(join(etc, name), {
        environment: {},
        hostName: 'here',
        allowModule: true,
      });
      assert.deepEqual(
        warnings.map(({ rule }) => rule),
        [],
      );
    });

    it(`${name} names the schema on its first line`, () => {
      const [first] = readFileSync(join(etc, name), 'utf8').split('\n');
      assert.equal(first, '# yaml-language-server: $schema=./lvsd.schema.json');
    });
  }

  it('lvsd.schema.json is the schema of this version (lvsd schema > etc/lvsd.schema.json)', () => {
    assert.deepEqual(JSON.parse(readFileSync(join(etc, 'lvsd.schema.json'), 'utf8')), jsonSchema());
  });

  it('lvsd.yaml mentions every key', () => {
    const reference = readFileSync(join(etc, 'lvsd.yaml'), 'utf8');
    const missing = keys.filter(({ name }) => !new RegExp(`(^|[\\s{#,])${name}:`, 'm').test(reference));
    assert.deepEqual(missing, []);
  });
});

describe('schema', () => {
  it('describes every key', () => {
    assert.deepEqual(
      keys.filter((key) => key.description === null).map((key) => key.path),
      [],
    );
  });

  it('knows all levels', () => {
    const paths = keys.map((key) => key.path);
    for (const path of [
      'director.marks.base',
      'pools.*[].weight',
      'services[].servers[].tunnel.type',
      'services[].check.basic_auth.password',
    ]) {
      assert.ok(paths.includes(path), path);
    }
  });
});
