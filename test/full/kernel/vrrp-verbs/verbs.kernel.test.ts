/** Two whole directors whose instance an operator moves to and fro, and the programs that hear of it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { examplePlug, ModeLab } from '../../../kernel/lab/mode-lab.js';
import { until } from '../../../kernel/support/until.js';

const main = fileURLToPath(new URL('../../../../dist/lvsd/main.js', import.meta.url));
const VIP = '192.0.2.10';
const INSTANCE = 'vi';

const toldOf = (name: string): string => `/run/lab/told-${name}`;

function fileOf(name: string, priority: number) {
  const script = `echo "$4 $(grep ^CapEff /proc/self/status | tr -d '\\t')" >> ${toldOf(name)}`;
  const any = ['/bin/sh', '-c', script, 'hook', 'x'];
  const shared = {
    name: INSTANCE,
    interface: 'eth0',
    vrid: 51,
    advertise: '100ms',
    addresses: [`${VIP}/24`],
  };
  return { ha: { instances: [{ ...shared, priority, notify: { any } }] } };
}

describe('verbs of instances', { timeout: 300_000 }, () => {
  let lab: ModeLab;

  before(() => {
    const director = (name: string, host: number, priority: number) => ({
      plugs: [examplePlug('outer', 'eth0', host)],
      file: fileOf(name, priority),
    });
    lab = new ModeLab({
      segments: ['outer'],
      directors: { first: director('first', 1, 150), second: director('second', 2, 100) },
      addresses: [VIP],
      director: { dataplane: 'proxy' },
    });
  });
  after(() => lab.close());

  const lvsd = (name: string, ...words: readonly string[]) =>
    lab.network
      .host(name)
      .run(process.execPath, main, 'ha', ...words, '--socket', `/run/lab/lvsd-${name}/run/lvsd.sock`);
  const told = (name: string): string[] => {
    const lines = readFileSync(toldOf(name), 'utf8').split('\n').slice(0, -1);
    assert.ok(
      lines.every((line) => /^\w+ CapEff:0+$/.test(line)),
      lines.join('\n'),
    );
    return lines.map((line) => line.split(' ')[0] ?? '');
  };

  it('release to the other director, whoever has the higher priority, and print the gap', async () => {
    await lab.owners.after('both are started', () => lab.startAll(), { [VIP]: 'first' });
    await lab.untilBackup('second', INSTANCE);
    let released = await lvsd('first', 'release', '--instance', INSTANCE);
    assert.equal(released.code, 1);
    assert.match(released.stderr, /nobody here can say .* --force/);
    await lab.owners.after(
      'it is released',
      async () => {
        released = await lvsd('first', 'release', '--force');
      },
      { [VIP]: 'second' },
    );
    assert.equal(released.code, 0, released.stderr);
    assert.match(released.stdout, /^vi: released; \S+ is active after \d+ ms\n$/);
    const { stdout } = await lvsd('first', 'status');
    assert.match(stdout, /backup \(released\)/);
  });

  it('stay so, and come back when they are taken over', async () => {
    let taken = { code: null as number | null, stdout: '', stderr: '' };
    await lab.owners.after(
      'it is taken over',
      async () => {
        taken = await lvsd('first', 'takeover', '--force');
      },
      { [VIP]: 'first' },
    );
    assert.equal(taken.code, 0, taken.stderr);
    assert.match(taken.stdout, /^vi: taken over from \S+ after \d+ ms\n$/);
  });

  it('are refused where nobody takes over: the addresses come back', async () => {
    await lab.director('second').end('SIGTERM');
    const { code, stderr } = await lvsd('first', 'release', '--force');
    assert.equal(code, 1);
    assert.match(
      stderr,
      /^lvsd: release vi: nobody took over within \d+ ms: this director has the addresses again/,
    );
    assert.equal((await lvsd('first', 'status', '--quiet', '--is', 'active')).code, 0);
  });

  it('are told to programs without capabilities, in their order, and the last state always', async () => {
    await lab.director('first').end('SIGTERM');
    await until('both programs heard of the stop', 30, () =>
      Promise.resolve(['first', 'second'].every((name) => told(name).at(-1) === 'STOP')),
    );
    const first = told('first');
    for (const [index, state] of first.entries()) assert.notEqual(state, first[index - 1], first.join(' '));
    assert.deepEqual(first.slice(0, 2), ['BACKUP', 'MASTER']);
    assert.ok(told('second').includes('MASTER'));
  });
});
