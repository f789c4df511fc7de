/** Every cell of the table of commands and options, and of tunnels and their options. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { optionNames } from '../../../src/lvsadm/options.js';
import type { OptionName } from '../../../src/lvsadm/options.js';
import { FakeIpvsTable } from '../../support/fake-ipvs-table.js';
import { lvsadm, words } from '../../lvsadm/program.js';

/** How each option is written; one that fits where it may stand. */
const written: Readonly<Record<OptionName, string>> = {
  numeric: '-n',
  connection: '-c',
  'service-address': '-t 10.0.0.1:80',
  scheduler: '-s rr',
  persistent: '-p 5',
  netmask: '-M 255.255.255.0',
  'real-server': '-r 10.0.0.11:80',
  'forwarding-method': '-i',
  weight: '-w 3',
  'u-threshold': '-x 4',
  'l-threshold': '-y 0',
  'mcast-interface': '--mcast-interface lo',
  timeout: '--timeout',
  daemon: '--daemon',
  stats: '--stats',
  rate: '--rate',
  thresholds: '--thresholds',
  'persistent-conn': '--persistent-conn',
  nosort: '--nosort',
  syncid: '--syncid 3',
  exact: '-X',
  ops: '-o',
  pe: '--pe sip',
  'sched-flags': '-b flag-1',
  'mcast-group': '--mcast-group 224.0.0.9',
  'mcast-port': '--mcast-port 99',
  'mcast-ttl': '--mcast-ttl 3',
  'sync-maxlen': '--sync-maxlen 1000',
  'tun-info': '--tun-info',
  'tun-type': '--tun-type gre',
  'tun-port': '--tun-port 7',
  'tun-nocsum': '--tun-nocsum',
  'tun-csum': '--tun-csum',
  'tun-remcsum': '--tun-remcsum',
  json: '--json',
  full: '--full',
  'check-first': '--check-first',
  'no-probes': '--no-probes',
  userspace: '--userspace',
};

/** `+` needed, `.` may be, `1` one of these at most, `-` illegal; a column an option, in the order of `written`. */
const commands: readonly [command: string, name: string, cells: string][] = [
  ['-A', 'add-service', '--+...---------------...---------------'],
  ['-E', 'edit-service', '--+...---------------...---------------'],
  ['-D', 'delete-service', '--+------------------------------------'],
  ['-C', 'flush', '---------------------------------------'],
  ['-L', 'list', '.11---------11.......-------.-----.---.'],
  ['-a', 'add-server', '--+---+....------------------.....-----'],
  ['-e', 'edit-server', '--+---+....------------------.....-----'],
  ['-d', 'delete-server', '--+---+--------------------------------'],
  ['--set 1 2 3', 'set', '---------------------------------------'],
  ['--start-daemon master', 'start-daemon', '-----------.-------.----....-----------'],
  ['--stop-daemon master', 'stop-daemon', '-------------------.-------------------'],
  ['-R', 'restore', '------------------------------------.--'],
  ['-S', 'save', '.----------------------------------.-..'],
  ['-Z', 'zero', '--.------------------------------------'],
];

const fileDecides =
  ": the table of a running lvsd is what its YAML file says; edit that, then 'lvsd plan' and 'lvsd reload'";

const table = (): FakeIpvsTable => new FakeIpvsTable();

/** The first line of standard error, or nothing. */
async function complaint(line: string): Promise<string> {
  const { stderr, exit } = await lvsadm(words(line), { table: table() });
  const usage = /^(You need to supply|Illegal|The option)/.test(stderr);
  assert.equal(usage ? exit : 2, 2, line);
  return usage ? stderr : '';
}

describe('the rules', () => {
  it('have a cell for each command and option', () => {
    assert.deepEqual(Object.keys(written), [...optionNames]);
    for (const [, name, cells] of commands) assert.equal(cells.length, optionNames.length, name);
  });

  for (const [command, name, cells] of commands) {
    const needed = optionNames.filter((_, index) => cells[index] === '+');
    const base = [command, ...needed.map((option) => written[option])].join(' ');

    it(`of ${name}`, async () => {
      for (const [index, option] of optionNames.entries()) {
        const cell = cells[index];
        const line = needed.includes(option) ? base : `${base} ${written[option]}`;
        const reason = option === 'userspace' ? fileDecides : '';
        const illegal = `Illegal '${option}' option with the '${name}' command${reason}\n`;
        assert.equal(await complaint(line), cell === '-' ? illegal : '', line);
      }
      for (const option of needed) {
        const line = [command, ...needed.filter((it) => it !== option).map((it) => written[it])].join(' ');
        const missing = `You need to supply the '${option}' option for the '${name}' command\n`;
        assert.equal(await complaint(line), missing, line);
      }
    });
  }

  it('let at most one of the exclusive options of list stand', async () => {
    const exclusive = optionNames.filter((_, index) => commands[4]?.[2][index] === '1');
    assert.deepEqual(exclusive, ['connection', 'service-address', 'timeout', 'daemon']);
    for (const [index, first] of exclusive.entries()) {
      for (const second of exclusive.slice(index + 1)) {
        const expected = `The option '${second}' conflicts with the '${first}' option in the 'list' command\n`;
        assert.equal(await complaint(`-L ${written[first]} ${written[second]}`), expected);
        assert.equal(await complaint(`-L ${written[second]} ${written[first]}`), expected);
      }
    }
  });

  it('look at options in one order, whatever the order of the words', async () => {
    for (let index = 0; index + 1 < optionNames.length; index++) {
      const [first, second] = [optionNames[index]!, optionNames[index + 1]!];
      if (first === 'check-first' || second === 'check-first') continue;
      const line = `-R ${written[second]} ${written[first]}`;
      assert.equal(await complaint(line), `Illegal '${first}' option with the 'restore' command\n`, line);
    }
  });

  it('refuse each option given twice', async () => {
    for (const option of optionNames) {
      const { stderr, exit } = await lvsadm(words(`-A ${written[option]} ${written[option]}`));
      assert.equal(stderr, `multiple '${option}' options specified\n`);
      assert.equal(exit, 2);
    }
    const two = await lvsadm(words('-A -g -m'));
    assert.equal(two.stderr, "multiple 'forwarding-method' options specified\n");
    const mixed = await lvsadm(words('-A -t 1.1.1.1:80 -f 5'));
    assert.equal(mixed.stderr, "multiple 'service-address' options specified\n");
    assert.equal((await lvsadm(words('-C --sort --sort'), { table: table() })).exit, 0);
  });

  it('let no listing of settings have the form of a table', async () => {
    for (const what of ['--timeout', '--daemon', '-c']) {
      for (const format of ['--stats', '--rate', '--thresholds', '--persistent-conn', '--tun-info']) {
        const { stderr, exit } = await lvsadm(words(`-L ${what} ${format}`), { table: table() });
        const allowed = format === '--tun-info' || (what === '-c' && format === '--persistent-conn');
        assert.equal(stderr, allowed ? '' : 'options conflicts in the list command\n', `${what} ${format}`);
        assert.equal(exit, allowed ? 0 : 2);
      }
    }
  });
});

describe('the rules of tunnels', () => {
  const options = ['tun-port', 'tun-nocsum', 'tun-csum', 'tun-remcsum'] as const;
  const tunnels: readonly [type: string, cells: string][] = [
    ['ipip', '----'],
    ['gue', '+111'],
    ['gre', '-11-'],
  ];
  const run = async (rest: string): Promise<string> => {
    const services = new FakeIpvsTable();
    services.run({
      command: 'add-service',
      service: {
        family: 'ipv4',
        protocol: 6,
        address: '10.0.0.1',
        port: 80,
        scheduler: 'rr',
        flags: 0,
        timeoutSec: 0,
        netmask: 0xffffffff,
        persistenceEngine: null,
      },
    });
    const line = `-a -t 10.0.0.1:80 -r 10.0.0.11 -i ${rest}`;
    return (await lvsadm(words(line), { table: services })).stderr;
  };

  for (const [type, cells] of tunnels) {
    it(`of ${type}`, async () => {
      const port = cells.startsWith('+') ? ' --tun-port 7' : '';
      for (const [index, option] of options.entries()) {
        const base = `--tun-type ${type}`;
        const line = option === 'tun-port' ? `${base} --tun-port 7` : `${base}${port} ${written[option]}`;
        const illegal = `Illegal '${option}' option with the '${type}' tunnel type\n`;
        assert.equal(await run(line), cells[index] === '-' ? illegal : '', line);
      }
      const exclusive = options.filter((_, index) => cells[index] === '1');
      for (const [index, first] of exclusive.entries()) {
        for (const second of exclusive.slice(index + 1)) {
          const line = `--tun-type ${type}${port} ${written[second]} ${written[first]}`;
          const conflict = `The option '${second}' conflicts with the '${first}' option in the '${type}' tunnel type\n`;
          assert.equal(await run(line), conflict, line);
        }
      }
      const missing = `You need to supply the 'tun-port' option for the '${type}' tunnel type\n`;
      assert.equal(await run(`--tun-type ${type}`), port === '' ? '' : missing);
    });
  }

  it('let them stand with tunnels only', async () => {
    for (const option of ['tun-type', ...options] as const) {
      for (const forward of ['', ' -g', ' -m']) {
        const line = `-a -t 10.0.0.1:80 -r 10.0.0.11 ${written[option]}${forward}`;
        const { stderr, exit } = await lvsadm(words(line));
        assert.equal(stderr, 'Tunnel options conflict with forward method\n', line);
        assert.equal(exit, 2);
      }
    }
  });
});
