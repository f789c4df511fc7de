import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { readPrivileges, type Privileges } from '../../../../native/proc/privileges.js';

const ROOT_MAP = '         0          0 4294967295\n';

function privilegesOf(files: Readonly<Record<string, string>>): Privileges {
  const folder = mkdtempSync(join(tmpdir(), 'lvsd-privileges-'));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    return readPrivileges(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('readPrivileges', () => {
  const cases: readonly [string, Readonly<Record<string, string>>, Privileges][] = [
    [
      'root of the host',
      { status: 'Name:\tnode\nCapEff:\t000001ffffffffff\n', uid_map: ROOT_MAP },
      { netAdmin: true, initialUserNamespace: true },
    ],
    [
      'a user',
      { status: 'CapInh:\t0000000000001000\nCapEff:\t0000000000000000\n', uid_map: ROOT_MAP },
      { netAdmin: false, initialUserNamespace: true },
    ],
    [
      'the one capability alone, in a rootless container',
      { status: 'CapEff:\t0000000000001000\n', uid_map: '0 1000 1\n1 100000 65536\n' },
      { netAdmin: true, initialUserNamespace: false },
    ],
    ['nothing that can be read', {}, { netAdmin: null, initialUserNamespace: null }],
  ];
  for (const [name, files, privileges] of cases) {
    it(`tells ${name}`, () => assert.deepEqual(privilegesOf(files), privileges));
  }
});
