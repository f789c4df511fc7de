import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, describe, it } from 'node:test';
import { realserverCommand } from '../../src/cli/commands/realserver.js';
import type { CliContext } from '../../src/cli/context.js';
import { reportFailure } from '../../src/cli/failure.js';
import { processContext } from '../../src/cli/terminal.js';
import { FakeHost } from '../unit/host/realserver/fake-host.js';

const folder = mkdtempSync(join(tmpdir(), 'lvsd-cli-realserver-'));
const state = join(folder, 'realserver.json');
let host: FakeHost;

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs `lvsd realserver WORDS` on the host in memory. */
async function lvsd(...words: readonly string[]): Promise<Ran> {
  let [code, out, err] = [0, '', ''];
  const context: CliContext = {
    ...processContext(),
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    color: false,
    errorColor: false,
    exit: (number) => void (code = number),
  };
  const command = realserverCommand(context, () => Promise.resolve(host))
    .configureOutput({ writeOut: context.out, writeErr: context.err })
    .exitOverride();
  try {
    await command.parseAsync([...words, '--state', state], { from: 'user' });
  } catch (error) {
    code = reportFailure(error, context);
  }
  return { code, out, err };
}

const dr = ['--forwarding', 'dr', '--vip', '192.0.2.1', '2001:db8::10'];

describe('lvsd realserver', () => {
  beforeEach(() => {
    host = new FakeHost();
    rmSync(state, { force: true });
  });
  after(() => rmSync(folder, { recursive: true }));

  it('says what it did, with old and new values and the reason, and takes it back', async () => {
    const before = host.state();
    const { code, out } = await lvsd('setup', ...dr);
    assert.equal(code, 0);
    assert.match(out, /^CHANGE +WAS +IS +WHY$/m);
    assert.match(
      out,
      /^net\.ipv4\.conf\.all\.arp_ignore +0 +1 +ARP for the VIP is answered by the director alone/m,
    );
    assert.match(out, /^2001:db8::10\/128 on lo +none +added +packets for the VIP are for this host$/m);
    assert.ok(out.includes(`4 changes, recorded in ${state}; lvsd realserver undo takes them back.\n`));
    assert.deepEqual(await lvsd('setup', ...dr), {
      code: 0,
      out: 'Nothing to do: this host is set up already.\n',
      err: '',
    });
    const undone = await lvsd('undo');
    assert.match(undone.out, /^undone +net\.ipv4\.conf\.all\.arp_ignore +1 +0$/m);
    assert.match(undone.out, /^4 changes undone\.$/m);
    assert.deepEqual(host.state(), before);
    assert.match((await lvsd('undo')).out, /^Nothing to undo/);
  });

  it('checks what it is told, then what was set up', async () => {
    const missing = await lvsd('check', ...dr);
    assert.equal(missing.code, 1);
    assert.match(missing.out, /^missing +net\.ipv4\.conf\.all\.arp_announce +0 /m);
    assert.match(missing.out, /^ok +interface lo +up /m);
    assert.match(missing.out, /^4 of 6 requirements missing\. To cure them all:$/m);
    assert.ok(
      missing.out.includes('  lvsd realserver setup --forwarding dr --vip 192.0.2.1 --vip 2001:db8::10\n'),
    );
    assert.match(missing.out, /^ {2}ip address add 192\.0\.2\.1\/32 scope host dev lo$/m);
    await lvsd('setup', ...dr);
    const well = await lvsd('check');
    assert.equal(well.code, 0);
    assert.match(well.out, /^This host is set up for dr with 192\.0\.2\.1, 2001:db8::10\.$/m);
    host.sysctls.set('net/ipv4/conf/all/arp_ignore', '0');
    assert.equal((await lvsd('check')).code, 1);
  });

  it('still knows after a boot what the host should be', async () => {
    await lvsd('setup', ...dr);
    host = new FakeHost();
    host.id = { bootId: 'boot-2', namespace: 'net:[1]' };
    const { code, out } = await lvsd('check');
    assert.equal(code, 1);
    assert.match(out, /4 of 6 requirements missing/);
  });

  it('shows the steps without doing them', async () => {
    const before = host.state();
    const { code, out } = await lvsd('setup', ...dr, '--dry-run');
    assert.equal(code, 0);
    assert.match(out, /^net\.ipv4\.conf\.all\.arp_announce +0 +2 /m);
    assert.match(out, /^4 changes to make; nothing was done\.$/m);
    assert.deepEqual(host.state(), before);
    await lvsd('setup', ...dr);
    const ready = host.state();
    assert.match((await lvsd('undo', '--dry-run')).out, /4 changes to undo; nothing was done/);
    assert.deepEqual(host.state(), ready);
  });

  it('speaks JSON', async () => {
    const check = await lvsd('check', ...dr, '--json');
    const checked = JSON.parse(check.out) as { ok: boolean; requirements: { ok: boolean; cure: string[] }[] };
    assert.deepEqual([check.code, checked.ok, checked.requirements.length], [1, false, 6]);
    assert.deepEqual(checked.requirements.find(({ ok }) => !ok)?.cure, [
      'sysctl -w net.ipv4.conf.all.arp_ignore=1',
    ]);
    const setup = JSON.parse((await lvsd('setup', ...dr, '--json')).out) as {
      ok: boolean;
      record: string;
      changes: { what: string; before: string; after: string }[];
    };
    assert.deepEqual([setup.ok, setup.record, setup.changes.length], [true, state, 4]);
    assert.deepEqual(setup.changes[0]?.after, '1');
    const undone = JSON.parse((await lvsd('undo', '--json')).out) as { ok: boolean; changes: object[] };
    assert.deepEqual([undone.ok, undone.changes.length], [true, 4]);
  });

  it('prints a script and a unit', async () => {
    assert.match((await lvsd('setup', ...dr, '--print-script')).out, /^#!\/bin\/sh\n/);
    const { out } = await lvsd('setup', ...dr, '--systemd');
    const options = `--forwarding dr --vip 192.0.2.1 --vip 2001:db8::10 --state ${state}`;
    assert.ok(out.includes(`\nExecStart=lvsd realserver setup ${options}\n`));
    assert.ok(out.includes(`\nExecStop=lvsd realserver undo --state ${state}\n`));
    assert.deepEqual(host.applied, []);
  });

  const wrong: readonly (readonly [string[], RegExp])[] = [
    [['setup'], /say how the director forwards/],
    [['setup', '--forwarding', 'dr'], /--vip ADDRESS/],
    [['setup', '--forwarding', 'dr', '--vip', '192.0.2.0/24'], /not a subnet/],
    [['setup', '--forwarding', 'local'], /Allowed choices are dr, tun, nat/],
    [['check'], /nothing is recorded in .*realserver\.json; say what to check/],
    [['undo', '--print-script'], /go with setup/],
    [['setup', ...dr, '--print-script', '--systemd'], /not both/],
    [['start'], /Allowed choices are setup, check, undo/],
  ];
  for (const [words, message] of wrong) {
    it(`exits 2 for ${words.join(' ')}`, async () => {
      const { code, err } = await lvsd(...words);
      assert.equal(code, 2);
      assert.match(err, message);
    });
  }

  it('names the cure and exits 1 where something is in the way, as JSON too', async () => {
    host.addresses.push({ family: 'ipv4', text: '192.0.2.1', prefixLength: 24, device: 'eth0' });
    const { code, err } = await lvsd('setup', ...dr);
    assert.equal(code, 1);
    assert.match(err, /nothing was done\n.*ip address delete 192\.0\.2\.1\/24 dev eth0/);
    const json = await lvsd('setup', ...dr, '--json');
    assert.equal(json.code, 1);
    assert.equal((JSON.parse(json.out) as { error: { code: string } }).error.code, 'ERR_REALSERVER_BLOCKED');
    const check = await lvsd('check', ...dr);
    assert.match(
      check.out,
      /What setup does not change by itself:\n {2}192\.0\.2\.1\/32 on lo: if this host is no director/,
    );
  });
});
