/** Programs of the file that are told of roles: what they mean, and what is refused. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConfigError } from '../../../src/config/load.js';
import type { RoleHooks } from '../../../src/model/ha-hooks.js';
import { loadText } from '../../support/config-text.js';

const fileOf = (notify: string, groups = ''): string =>
  `ha:\n  instances:\n    - { name: a, interface: eth0, vrid: 51, addresses: [192.0.2.10/24], group: both${notify} }\n` +
  `    - { name: b, interface: eth0, vrid: 52, addresses: [192.0.2.11/24], group: both }\n${groups}`;

async function hooksOf(text: string): Promise<readonly RoleHooks[]> {
  return (await loadText(text)).model.ha?.hooks ?? [];
}

async function problemsOf(text: string): Promise<readonly string[]> {
  const error: unknown = await loadText(text).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof ConfigError, 'it was accepted');
  return error.problems.map(({ rule, path }) => `${rule} ${path}`);
}

describe('notify', () => {
  it('is nothing by default', async () => {
    assert.deepEqual(await hooksOf(fileOf('')), []);
    assert.deepEqual(await hooksOf(fileOf(', notify: { timeout: 5s }')), []);
  });

  it('has programs of instances first, then those of groups', async () => {
    const notify = ', notify: { active: [/bin/sh, -c, "exit 0"], any: [/bin/true], timeout: 1500ms }';
    const groups = '  groups:\n    - { name: both, notify: { fault: [/bin/true, x], stop: [/bin/true] } }\n';
    assert.deepEqual(await hooksOf(fileOf(notify, groups)), [
      {
        kind: 'instance',
        name: 'a',
        commands: { active: ['/bin/sh', '-c', 'exit 0'], any: ['/bin/true'] },
        timeoutMs: 1500,
      },
      {
        kind: 'group',
        name: 'both',
        commands: { fault: ['/bin/true', 'x'], stop: ['/bin/true'] },
        timeoutMs: 10_000,
      },
    ]);
  });

  const refused: readonly [what: string, notify: string, problem: RegExp][] = [
    ['a program by a name alone', 'active: [sh]', /^exec-path ha\.instances\[0\]\.notify\.active\[0\]$/],
    ['a program that is not there', 'any: [/nowhere/x]', /^exec-path ha\.instances\[0\]\.notify\.any\[0\]$/],
    ['a line for a shell', 'backup: /bin/true x', /notify\.backup/],
    ['no words', 'stop: []', /notify\.stop/],
    ['a state of keepalived', 'master: [/bin/true]', /notify\.master/],
    ['no time at all', 'any: [/bin/true], timeout: 0s', /notify\.timeout/],
  ];
  for (const [what, notify, problem] of refused)
    it(`refuses ${what}`, async () => {
      const problems = await problemsOf(fileOf(`, notify: { ${notify} }`));
      assert.equal(problems.length, 1, problems.join('\n'));
      assert.match(problems[0] ?? '', problem);
    });

  it('of a group judges its programs, too', async () => {
    const groups = '  groups:\n    - { name: both, notify: { fault: [/nowhere/x] } }\n';
    assert.deepEqual(await problemsOf(fileOf('', groups)), ['exec-path ha.groups[0].notify.fault[0]']);
  });
});
