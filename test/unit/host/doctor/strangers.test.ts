import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { controllers } from '../../../../src/host/doctor/checks/controllers.js';
import { printable } from '../../../../src/host/doctor/processes.js';
import { fakeHost } from '../support/fake-host.js';

const files = { '/etc/keepalived/keepalived.conf': 'virtual_server 10.1.0.100 80 {\n}\n' };

describe('programs beside lvsd', () => {
  const cases: readonly { name: string; words: readonly string[]; expected: readonly string[] }[] = [
    { name: 'keepalived', words: ['/usr/sbin/keepalived', '-n'], expected: ['keepalived'] },
    { name: 'keepalived_vrrp', words: ['/usr/sbin/keepalived'], expected: ['keepalived'] },
    {
      name: 'perl',
      words: ['/usr/bin/perl', '-w', '/usr/sbin/ldirectord', 'start'],
      expected: ['ldirectord'],
    },
    { name: 'vi', words: ['vi', '/etc/keepalived/keepalived.conf'], expected: [] },
    { name: 'grep', words: ['grep', 'keepalived'], expected: [] },
  ];
  for (const { name, words, expected } of cases) {
    it(`${words.join(' ')} is ${expected.join() || 'no controller'}`, () => {
      const found = controllers.run(fakeHost({ files, processes: [{ pid: 7, name, words }] }), null);
      assert.deepEqual(
        found.map(({ subject }) => subject),
        expected,
      );
    });
  }

  it('have names that end no line of a script', () =>
    assert.equal(printable('x\nreboot #\u001b[2J\n'), 'x?reboot #?[2J'));
});
