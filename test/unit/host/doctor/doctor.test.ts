import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { doctorScript, doctorView } from '../../../../src/cli/doctor-view.js';
import { checks } from '../../../../src/host/doctor/checks/all.js';
import { diagnose } from '../../../../src/host/doctor/doctor.js';
import { finding, here, onServer, some } from '../../../../src/host/doctor/finding.js';
import { parseSockets } from '../../../../src/host/doctor/processes.js';
import type { DoctorCheck, Level } from '../../../../src/host/doctor/types.js';
import { dr, nat, service, tun } from '../support/check-cases.js';
import { fakeHost } from '../support/fake-host.js';
import { modelOf } from '../support/model-of.js';

function check(name: string, ...levels: readonly Level[]): DoctorCheck {
  return {
    name,
    about: `all about ${name}`,
    ofServices: true,
    run: () =>
      levels.map((level) =>
        finding(name, level, { subject: 'eth0', what: `A ${level}.`, why: 'It hurts.', cures: here('true') }),
      ),
  };
}

const broken: DoctorCheck = {
  ...check('broken'),
  run: () => {
    throw new Error('no such file');
  },
};

describe('diagnose', () => {
  it('puts faults first', async () => {
    const all = [check('a', 'info', 'fault'), check('b', 'warning'), check('c')];
    const { findings, checks: results } = diagnose(fakeHost(), await modelOf(nat), all);
    assert.deepEqual(
      findings.map(({ check: name, level }) => `${name} ${level}`),
      ['a fault', 'b warning', 'a info'],
    );
    assert.deepEqual(
      results.map(({ name, findings: count }) => [name, count]),
      [
        ['a', 2],
        ['b', 1],
        ['c', 0],
      ],
    );
  });

  it('goes on after a check that fails, and says so', async () => {
    const { findings } = diagnose(fakeHost(), await modelOf(nat), [broken, check('b', 'fault')]);
    assert.deepEqual(
      findings.map(({ what }) => what),
      ['A fault.', 'The check broken could not be run: no such file.'],
    );
  });

  it('runs the checks of the host alone without a configuration', () => {
    const { checks: run } = diagnose(fakeHost(), null);
    const names = run.map(({ name }) => name);
    assert.ok(names.includes('controllers') && !names.includes('servers'), names.join());
    assert.ok(names.length < checks.length);
  });

  for (const [name, text] of Object.entries({ nat, dr })) {
    it(`has nothing to say of a healthy director with ${name}`, async () => {
      assert.deepEqual(diagnose(fakeHost(), await modelOf(text)).findings, []);
    });
  }

  it('has no more than notes for a healthy director with tun', async () => {
    const { findings } = diagnose(fakeHost(), await modelOf(tun));
    assert.deepEqual([...new Set(findings.map(({ level }) => level))], ['info']);
  });

  it('names every check once', () => {
    const names = checks.map(({ name }) => name);
    assert.deepEqual([...new Set(names)], names);
  });

  it('asks for each server once, however many services it has', async () => {
    const servers = Array.from({ length: 300 }, (_, index) => `"10.1.0.${21 + (index % 2)}:${1000 + index}"`);
    const many = service(`forwarding: nat, servers: [${servers.join(', ')}]`);
    const host = fakeHost();
    let probes = 0;
    const counted = {
      ...host,
      probes: {
        ...host.probes!,
        echo: (asked: readonly unknown[]) => {
          probes += asked.length;
          return asked.map(() => true);
        },
      },
    };
    diagnose(counted, await modelOf(many));
    assert.ok(probes <= 8, `${probes} probes`);
  });
});

const cases = [
  finding('rp_filter', 'fault', {
    subject: 'eth0',
    what: 'It is strict.',
    why: 'It drops.',
    cures: here('sysctl -w a=2'),
  }),
  finding('servers', 'warning', {
    what: 'Nobody there.',
    why: 'Lost.',
    advice: 'Start it.',
    cures: onServer('10.1.0.21', 'ip a', 'ip b'),
  }),
  finding('clock', 'info', { what: 'Late.', why: 'Logs.' }),
];
const diagnosis = { findings: cases, checks: [{ name: 'links', about: 'interfaces', findings: 0 }] };

describe('doctorView', () => {
  it('shows what, why and the cure, and where to run it', () => {
    const page = doctorView(diagnosis, { color: false, verbose: false, file: '/etc/lvsd/lvsd.yaml' });
    assert.equal(
      page,
      [
        'fault    rp_filter  eth0',
        '         It is strict.',
        '         It drops.',
        '         cure:',
        '           sysctl -w a=2',
        '',
        'warning  servers',
        '         Nobody there.',
        '         Lost.',
        '         Start it.',
        '         cure, on the server 10.1.0.21:',
        '           ip a',
        '           ip b',
        '',
        'note     clock',
        '         Late.',
        '         Logs.',
        '',
        'sick  /etc/lvsd/lvsd.yaml: 1 fault, 1 warning, 1 note; 1 check found nothing (--verbose lists them)',
        '',
      ].join('\n'),
    );
  });

  it('counts what would fill the screen', () => {
    const many = Array.from({ length: 12 }, (_, index) =>
      finding('routes', 'fault', { subject: `server ${index}`, what: 'No route.', why: 'Lost.' }),
    );
    const page = doctorView({ findings: many, checks: [] }, { color: false, verbose: false, file: null });
    assert.equal(page.match(/No route/g)?.length, 10);
    assert.match(page, /^ +and 2 more of the check routes: --json has them all$/m);
  });

  it('lists the silent checks on demand', () => {
    const page = doctorView({ ...diagnosis, findings: [] }, { color: false, verbose: true, file: null });
    assert.equal(
      page,
      'ok       links: interfaces\nwell  this host, without a configuration: 0 faults, 0 warnings, 0 notes; 1 check found nothing\n',
    );
  });

  it('is coloured on demand only', () => {
    const page = doctorView(diagnosis, { color: true, verbose: false, file: null });
    assert.ok(page.startsWith('\u001b[31mfault'), page);
  });
});

describe('doctorScript', () => {
  it('runs the cures for this host, and only tells those for servers', () => {
    assert.equal(
      doctorScript(diagnosis),
      [
        '#!/bin/sh',
        '# Made by lvsd doctor. Read it before you run it.',
        'set -e',
        '',
        '# It is strict.',
        'sysctl -w a=2',
        '',
        '# Nobody there.',
        '# on the server 10.1.0.21:',
        '#   ip a',
        '#   ip b',
        '',
      ].join('\n'),
    );
  });
});

describe('some', () => {
  it('names a few', () => {
    assert.deepEqual(
      [some(['a']), some(['a', 'b']), some(['a', 'b', 'c', 'd'])],
      ['a', 'a and b', 'a, b, c and 1 more'],
    );
  });
});

describe('parseSockets', () => {
  const table = [
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
    '   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0 100 0 0 10 0',
    '   1: 0100007F:1F91 0100007F:9999 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0 20 4 30 10 -1',
    '   2: 00000000000000000000000001000000:0050 00000000000000000000000000000000:0000 0A 0:0 0:0 0 0 0 4713 1',
  ].join('\n');
  const skip =
    new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? false : 'recorded on a little-endian machine';

  it('gives those that listen', { skip }, () => {
    assert.deepEqual(parseSockets(table, 'tcp'), [
      { protocol: 'tcp', address: '127.0.0.1', port: 8080, inode: '4711' },
      { protocol: 'tcp', address: '::1', port: 80, inode: '4713' },
    ]);
  });
});
