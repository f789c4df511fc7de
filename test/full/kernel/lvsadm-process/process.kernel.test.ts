/**
 * The built lvsadm as a process on the kernel's table, beside ipvsadm: streams, pipes, exit statuses, and what it says where
 * the table is not to be had. What command lines mean is compared elsewhere, in one process.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { inNewNamespace } from '../../../kernel/support/namespace.js';
import { skipWithout } from '../../../support/require-tool.js';

const program = join(fileURLToPath(new URL('../../../../', import.meta.url)), 'dist/bin/lvsadm.cjs');

interface Answer {
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(command: readonly string[], input = ''): Answer {
  const [file = '', ...argv] = command;
  const { error, status, stdout, stderr } = spawnSync(file, argv, {
    input,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    env: { ...process.env, LC_ALL: 'C' },
  });
  if (error !== undefined) throw error;
  return { exit: status, stdout, stderr };
}

const lvsadmCommand = (...argv: string[]): string[] => [process.execPath, program, ...argv];
const lvsadm = (argv: string[], input?: string): Answer => run(lvsadmCommand(...argv), input);
const ipvsadm = (argv: string[], input?: string): Answer => run(['ipvsadm', ...argv], input);
/** By a shell, with `lvsadm` as a word of it. */
const shell = (script: string): Answer =>
  run(['sh', '-c', `lvsadm() { ${process.execPath} ${program} "$@"; }; ${script}`]);

const rules = [
  '-A -t 192.0.2.10:80 -s wrr',
  '-a -t 192.0.2.10:80 -r 10.0.0.11:8080 -m -w 3',
  '-a -t 192.0.2.10:80 -r 10.0.0.12:80 -i -w 1 --tun-type gue --tun-port 6080 --tun-csum',
  '-A -u [2001:db8::1]:53 -s rr -o',
  '-a -u [2001:db8::1]:53 -r [2001:db8::11]:53 -m -w 1',
  '-A -f 7 -s sh -p 360 -M 255.255.255.0 -b sh-port',
];
const ruleText = rules.map((rule) => `${rule}\n`).join('');

describe('the process', { skip: skipWithout('ipvsadm', 'apt-get install ipvsadm') }, () => {
  it('is built', () => assert.ok(existsSync(program), `${program} is missing: npm run build`));

  it('saves what ipvsadm restores, and restores what ipvsadm saves', () =>
    inNewNamespace(() => {
      assert.deepEqual(ipvsadm(['-R'], ruleText), { exit: 0, stdout: '', stderr: '' });
      const saved = lvsadm(['-Sn']);
      assert.deepEqual(saved, ipvsadm(['-Sn']));
      ipvsadm(['-C']);
      assert.deepEqual(lvsadm(['-R'], saved.stdout), { exit: 0, stdout: '', stderr: '' });
      assert.deepEqual(ipvsadm(['-Sn']), saved);
      ipvsadm(['-C']);
      assert.deepEqual(ipvsadm(['-R'], saved.stdout), { exit: 0, stdout: '', stderr: '' });
      assert.deepEqual(lvsadm(['-Ln']), ipvsadm(['-Ln']));
    }));

  it('ends with the statuses of ipvsadm', () =>
    inNewNamespace(() => {
      for (const argv of [
        ['-L', '-f', '7'],
        ['-D', '-f', '7'],
        ['-A', '-f', '7', '-s', 'nosuch'],
        ['-A', '-f', 'x'],
        ['-L', '--timeout'],
      ]) {
        assert.deepEqual(lvsadm(argv), ipvsadm(argv), argv.join(' '));
      }
    }));

  it('reads rules from a file, and goes by POSIXLY_CORRECT', () =>
    inNewNamespace(() => {
      const file = join(process.env['TMPDIR'] ?? '/run', 'rules');
      writeFileSync(file, ruleText);
      assert.deepEqual(shell(`lvsadm -R < ${file}; POSIXLY_CORRECT=1 lvsadm -L foo -n`), {
        exit: 2,
        stdout: '',
        stderr: 'unexpected argument foo\n',
      });
      assert.equal(ipvsadm(['-Sn']).stdout, ruleText);
    }));

  it('runs rules from a pipe as they come', () =>
    inNewNamespace(async () => {
      const [file = '', ...argv] = lvsadmCommand('-R');
      const child = spawn(file, argv, { stdio: ['pipe', 'pipe', 'inherit'] });
      child.stdin.write('-A -f 7\n-L --timeout\n');
      const [listed] = (await once(child.stdout, 'data')) as [Buffer];
      assert.match(String(listed), /^Timeout /);
      // the pipe is still open
      assert.equal(ipvsadm(['-Sn']).stdout, '-A -f 7 -s wlc\n');
      child.stdin.end('-D -f 7');
      assert.deepEqual(await once(child, 'exit'), [0, null]);
      assert.equal(ipvsadm(['-Sn']).stdout, '');
    }));

  it('loses nothing of a long listing, and is quiet when its reader leaves', () =>
    inNewNamespace(() => {
      const many = Array.from({ length: 3000 }, (_, index) => `-A -f ${index + 1}\n`).join('');
      assert.equal(lvsadm(['-R'], many).exit, 0);
      assert.deepEqual(lvsadm(['-Ln']), ipvsadm(['-Ln']));
      const slow = shell("lvsadm -Ln --stats | { read first; sed -n '$='; }");
      assert.deepEqual([slow.stdout, slow.stderr], ['3002\n', '']);
      const gone = shell('{ lvsadm -L --json; echo $? >&2; } | head -c 1');
      assert.deepEqual([gone.stdout, gone.stderr], ['{', '141\n']);
    }));

  it('restores a table of 50,000 servers', () =>
    inNewNamespace(() => {
      const services = Array.from({ length: 5000 }, (_, index) => `-f ${index + 1}`);
      const servers = Array.from({ length: 10 }, (_, index) => `-r 10.0.0.${index + 1}:80 -m`);
      const lines = services.flatMap((service) => [
        `-A ${service}\n`,
        ...servers.map((server) => `-a ${service} ${server}\n`),
      ]);
      assert.deepEqual(lvsadm(['-R'], lines.join('')), { exit: 0, stdout: '', stderr: '' });
      const listed = readFileSync('/proc/thread-self/net/ip_vs', 'latin1').split('\n');
      assert.equal(listed.filter((line) => line.startsWith('FWM')).length, 5000);
      assert.equal(listed.filter((line) => line.startsWith('  -> 0A')).length, 50_000);
    }));

  it('checks a file of rules as a whole', () =>
    inNewNamespace(() => {
      const wrong = lvsadm(['-R', '--check-first'], `${ruleText}-A -t bad\n`);
      assert.deepEqual(
        [wrong.exit, wrong.stderr],
        [2, 'line 7: illegal virtual server address[:port] specified\n'],
      );
      assert.equal(ipvsadm(['-Sn']).stdout, '');
      assert.equal(lvsadm(['-R', '--check-first'], ruleText).exit, 0);
      assert.equal(ipvsadm(['-Sn']).stdout, ruleText);
    }));

  it('saves with --full what ipvsadm restores too', () =>
    inNewNamespace(() => {
      const full = [
        '--set 100 20 30',
        '-A -f 4294967295 -s sh -b flag-3',
        '-a -f 4294967295 -r 10.0.0.11:80 -g -w 1 -x 20 -y 10',
      ];
      const text = full.map((line) => `${line}\n`).join('');
      assert.deepEqual(lvsadm(['-R'], text), { exit: 0, stdout: '', stderr: '' });
      const saved = lvsadm(['-Sn', '--full']).stdout;
      assert.equal(saved, text);
      ipvsadm(['-C']);
      assert.deepEqual(ipvsadm(['-R'], saved), { exit: 0, stdout: '', stderr: '' });
      assert.equal(lvsadm(['-Sn', '--full']).stdout, text);
    }));
});

describe('a process that may not have the table (deviation 3)', () => {
  it('says that there is no privilege', () => {
    for (const argv of [['-L'], ['-A', '-f', '7'], ['-S'], ['-Lc']]) {
      const { exit, stdout, stderr } = run([
        'setpriv',
        '--reuid=1000',
        '--clear-groups',
        ...lvsadmCommand(...argv),
      ]);
      assert.deepEqual([exit, stdout], [2, '']);
      assert.equal(
        stderr,
        "Can't initialize ipvs: Permission denied (you must be root)\n" +
          'The table needs CAP_NET_ADMIN: run this with sudo, or give it to the container (--cap-add NET_ADMIN).\n',
      );
    }
  });

  it('says that the privilege is one of another user namespace', () => {
    const { exit, stderr } = run(['unshare', '--user', '--map-root-user', '--net', ...lvsadmCommand('-L')]);
    assert.equal(exit, 2);
    assert.match(
      stderr,
      /^Can't initialize ipvs: Permission denied \(CAP_NET_ADMIN is held, but in a user namespace/,
    );
    assert.match(stderr, /\nIPVS needs CAP_NET_ADMIN in the initial user namespace: .*\n$/);
  });

  it('says what is wrong with a command line all the same (deviation 1)', () => {
    const unprivileged = ['setpriv', '--reuid=1000', '--clear-groups'];
    assert.deepEqual(run([...unprivileged, ...lvsadmCommand('-L', 'foo')]), {
      exit: 2,
      stdout: '',
      stderr: 'unexpected argument foo\n',
    });
    assert.equal(run([...unprivileged, ...lvsadmCommand('-h')]).exit, 0);
  });
});

describe('a kernel without IPVS (deviation 3)', () => {
  const loader = '/proc/sys/kernel/modprobe';
  const former = readFileSync(loader, 'utf8');
  const modules = readFileSync('/proc/modules', 'latin1')
    .split('\n')
    .map((line) => line.split(' ')[0] ?? '')
    .filter((name) => name === 'ip_vs' || name.startsWith('ip_vs_'));
  const modprobe = former.trim();

  after(() => {
    writeFileSync(loader, former);
    for (const name of modules) run([modprobe, name]);
  });

  it('is said to have none', () => {
    const removed = run([modprobe, '-r', ...modules.filter((name) => name !== 'ip_vs'), 'ip_vs']);
    assert.equal(removed.exit, 0, removed.stderr);
    writeFileSync(loader, '/bin/false');
    const { exit, stdout, stderr } = lvsadm(['-L']);
    assert.deepEqual([exit, stdout], [2, '']);
    assert.match(stderr, /^Can't initialize ipvs: the kernel has no IPVS, load module ip_vs: .*\n/);
    assert.match(stderr, /\nLoad it with "modprobe ip_vs".*\n$/);
  });
});
