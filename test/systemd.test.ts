/** Holds the unit and the files beside it against systemd's own tools, the kernel's names and the program's. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { schedulerModule } from '../native/proc/modules.js';
import { ipvsNumberSysctls } from '../native/proc/sysctl.js';
import { schedulerNames } from '../schedulers/index.js';
import { skipWithout } from './support/require-tool.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const unitPath = join(root, 'systemd/lvsd.service');
const unit = read('systemd/lvsd.service');
const skip = skipWithout('systemd-analyze', 'apt-get install systemd');

function analyze(...argv: string[]): { readonly status: number | null; readonly output: string } {
  const { status, stdout, stderr } = spawnSync('systemd-analyze', ['--no-pager', ...argv], {
    encoding: 'utf8',
    env: { ...process.env, SYSTEMD_LOG_LEVEL: 'info', LC_ALL: 'C' },
  });
  return { status, output: `${stdout}${stderr}` };
}

describe('systemd/lvsd.service', () => {
  it('is exposed by at most 2.5, as systemd counts', { skip }, () => {
    const { output } = analyze('security', '--offline=true', unitPath);
    const level = /Overall exposure level for lvsd\.service: ([\d.]+)/.exec(output)?.[1];
    assert.ok(level !== undefined && Number(level) <= 2.5, output);
  });

  it('would be counted as worse without its sandbox', { skip }, () => {
    const folder = mkdtempSync(join(tmpdir(), 'lvsd-unit-'));
    try {
      const bare = join(folder, 'lvsd.service');
      writeFileSync(bare, '[Service]\nExecStart=/bin/true\n');
      const { output } = analyze('security', '--offline=true', bare);
      assert.match(output, /Overall exposure level for lvsd\.service: 9\.\d/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('has no line that systemd does not understand', { skip }, () => {
    const folder = mkdtempSync(join(tmpdir(), 'lvsd-unit-'));
    try {
      // the program that is named need not be installed on this machine
      const path = join(folder, 'lvsd.service');
      writeFileSync(path, unit.replaceAll('/usr/bin/lvsd', process.execPath));
      const { status, output } = analyze('verify', '--man=no', path);
      const own = output.split('\n').filter((line) => line.includes('lvsd.service'));
      assert.deepEqual(own, []);
      assert.equal(status, 0, output);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('grants three capabilities and no other', () => {
    const granted = /^CapabilityBoundingSet=(.*)$/m.exec(unit)?.[1]?.split(' ');
    assert.deepEqual(granted, ['CAP_NET_ADMIN', 'CAP_NET_RAW', 'CAP_NET_BIND_SERVICE']);
    assert.equal(unit.match(/^CapabilityBoundingSet=/gm)?.length, 1);
    assert.doesNotMatch(unit, /^AmbientCapabilities=/m);
  });

  it('gives a reason above each line of the sandbox', () => {
    const lines = unit.slice(unit.indexOf('# --- Rights'), unit.indexOf('[Install]')).split('\n');
    const bare = lines.filter((line, index) => /^\w+=/.test(line) && !lines[index - 1]?.startsWith('#'));
    assert.ok(lines.filter((line) => /^\w+=/.test(line)).length > 20);
    assert.deepEqual(bare, []);
  });

  it('names the folders that lvsd uses as root', () => {
    assert.match(unit, /^RuntimeDirectory=lvsd$/m);
    assert.match(unit, /^StateDirectory=lvsd$/m);
    assert.match(unit, /^ExecStart=\/usr\/bin\/lvsd run -c \/etc\/lvsd\/lvsd\.yaml$/m);
  });
});

describe('systemd/lvsd-agent.service', () => {
  const agentPath = join(root, 'systemd/lvsd-agent.service');
  const agent = read('systemd/lvsd-agent.service');

  it('is exposed by at most 2.5, as systemd counts', { skip }, () => {
    const { output } = analyze('security', '--offline=true', agentPath);
    const level = /Overall exposure level for lvsd-agent\.service: ([\d.]+)/.exec(output)?.[1];
    assert.ok(level !== undefined && Number(level) <= 2.5, output);
  });

  it('has no line that systemd does not understand', { skip }, () => {
    const folder = mkdtempSync(join(tmpdir(), 'lvsd-unit-'));
    try {
      const path = join(folder, 'lvsd-agent.service');
      writeFileSync(path, agent.replaceAll('/usr/bin/lvsd', process.execPath));
      const { status, output } = analyze('verify', '--man=no', path);
      assert.deepEqual(
        output.split('\n').filter((line) => line.includes('lvsd-agent.service')),
        [],
      );
      assert.equal(status, 0, output);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('runs without any privilege, as a user that owns nothing', () => {
    assert.match(agent, /^CapabilityBoundingSet=$/m);
    assert.match(agent, /^DynamicUser=yes$/m);
    assert.doesNotMatch(agent, /^(User|AmbientCapabilities)=/m);
  });

  it('gives a reason above each line of the sandbox', () => {
    const lines = agent.slice(agent.indexOf('# --- Rights'), agent.indexOf('[Install]')).split('\n');
    const settings = lines.filter((line) => /^\w+=/.test(line));
    const bare = lines.filter((line, index) => /^\w+=/.test(line) && !lines[index - 1]?.startsWith('#'));
    assert.ok(settings.length > 20);
    assert.deepEqual(bare, []);
  });
});

/** Lines that say something, those commented out included, without comments in words. */
function settingsOf(path: string, setting: RegExp): string[] {
  return read(path)
    .split('\n')
    .filter((line) => setting.test(line))
    .map((line) => line.replace(/^#/, ''));
}

describe('etc/modules-load.d/lvsd.conf', () => {
  const named = settingsOf('etc/modules-load.d/lvsd.conf', /^#?(ip_vs|nf_)\w*$/);

  it('has a line for IPVS, FTP and each scheduler', () => {
    const wanted = [
      'ip_vs',
      'ip_vs_ftp',
      'nf_conntrack',
      'ip_vs_pe_sip',
      ...schedulerNames.map(schedulerModule),
    ];
    assert.deepEqual([...named].sort(), wanted.sort());
  });

  it('loads only what nothing asks for by itself', () => {
    const lines = read('etc/modules-load.d/lvsd.conf').split('\n');
    const loaded = lines.filter((line) => line !== '' && !line.startsWith('#'));
    assert.deepEqual(loaded, ['ip_vs', 'nf_conntrack', 'ip_vs_ftp']);
  });
});

describe('etc/sysctl.d/lvsd.conf', () => {
  const settings = settingsOf('etc/sysctl.d/lvsd.conf', /^#?net\./);

  it('sets nothing as it comes: what is right depends on the file', () => {
    const active = read('etc/sysctl.d/lvsd.conf')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    assert.deepEqual(active, []);
  });

  it('names settings that there are', () => {
    assert.ok(settings.length > 8);
    for (const line of settings) {
      const [, name = ''] = /^(net\.[\w.]+) = \d$/.exec(line) ?? assert.fail(line);
      const own = /^net\.ipv4\.vs\.(\w+)$/.exec(name)?.[1];
      if (own !== undefined) assert.ok((ipvsNumberSysctls as readonly string[]).includes(own), name);
      else assert.match(name, /^net\.ipv[46]\.(ip_forward|conf\.(all|default)\.\w+)$/);
    }
  });
});
