import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { simulateCommand } from '../../../../src/cli/commands/simulate.js';
import type { ProbedGeneration } from '../../../../src/host/kernel-generation.js';

const TRACE = fileURLToPath(new URL('../../../golden/traces/rr-equal.json', import.meta.url));
const NEWER = fileURLToPath(new URL('../../../golden/traces/wlc-total-6.1.192.json', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'lvsd-simulate-'));
after(() => rmSync(folder, { recursive: true }));

interface Answer {
  out: string;
  err: string;
  code: number;
}

interface Balance {
  readonly generation: unknown;
  readonly servers: unknown;
}

const notAsked = (): never => assert.fail('the kernel was asked');

/** On a kernel of the usual rules. */
function run(...words: string[]): Promise<Answer> {
  return runOn(() => ({ generation: 'classic' }), ...words);
}

async function runOn(probe: () => ProbedGeneration, ...words: string[]): Promise<Answer> {
  const result: Answer = { out: '', err: '', code: 0 };
  const command = simulateCommand(
    {
      out: (text) => void (result.out += text),
      err: (text) => void (result.err += text),
      exit: (code) => void (result.code = code),
      color: false,
    },
    probe,
  ).exitOverride();
  await command.parseAsync(words, { from: 'user' });
  return result;
}

describe('lvsd simulate', () => {
  it('shows shares beside what was promised', async () => {
    const { out, code } = await run('--scheduler', 'wrr', '--servers', 'a=3,b=1,c', '--remove', 'b@501');
    assert.equal(code, 0);
    assert.match(out, /^a +3 +\d+ +6\d\.\d% +6\d\.\d%$/m);
    assert.match(out, /Most unequal moment: after connection \d+/);
    assert.match(
      out,
      /b left before connection 501: \d+ clients of its own had to move; of \d+ on other servers \d+ moved/,
    );
  });

  it('tells when all lay as expected all the time', async () => {
    const { out } = await run('--scheduler', 'fo', '--servers', 'a=2,b');
    assert.match(out, /Most unequal moment: none, the open connections always lay as expected/);
  });

  it('lets a server leave only once', async () => {
    const words = ['--scheduler', 'rr', '--servers', 'a,b', '--remove', 'b@3', '--remove', 'b@4'];
    await assert.rejects(run(...words), { message: /b can leave only once/ });
  });

  it('shows no default in its help where there is none', () => {
    const nothing = (): void => undefined;
    const help = simulateCommand({
      out: nothing,
      err: nothing,
      exit: nothing,
      color: false,
    }).helpInformation();
    assert.match(help, /\(default: 1000\)/);
    assert.doesNotMatch(help, /default: (\[\]|"")/);
  });

  it('prints JSON', async () => {
    const { out } = await run('--scheduler', 'rr', '--servers', 'a,b', '--connections', '10', '--json');
    const { servers } = JSON.parse(out) as { servers: readonly { connections: number }[] };
    assert.deepEqual(
      servers.map(({ connections }) => connections),
      [5, 5],
    );
  });

  // more clients than the memory of lblc holds in the newest generation
  const telling = [
    '--scheduler',
    'lblc',
    '--servers',
    'a,b,c',
    '--clients',
    '60000',
    '--connections',
    '40000',
  ];

  const few = ['--scheduler', 'rr', '--servers', 'a,b'];

  async function balanceOf(probe: () => ProbedGeneration, ...words: string[]): Promise<Balance> {
    return JSON.parse((await runOn(probe, ...telling, '--json', ...words)).out) as Balance;
  }

  it('goes by the rules of the running kernel', async () => {
    const classic = await balanceOf(() => ({ generation: 'classic' }));
    const capped = await balanceOf(() => ({ generation: 'capped' }));
    assert.deepEqual(capped.generation, { name: 'capped', source: 'kernel', reason: null });
    assert.notDeepEqual(capped.servers, classic.servers, 'the rules make a difference here');
    const { out } = await runOn(() => ({ generation: 'total' }), ...few);
    assert.match(out, /^Kernel generation: total, that of the running kernel\.$/m);
  });

  it('says that the rules are unknown, why, and what is assumed', async () => {
    const nobody = (): ProbedGeneration => ({ generation: 'unknown', reason: 'IPVS is not loaded' });
    const { out } = await runOn(nobody, ...few);
    assert.match(
      out,
      /^Kernel generation: unknown \(IPVS is not loaded\); classic is assumed, --generation NAME decides\.$/m,
    );
    const { generation } = await balanceOf(nobody, '--connections', '10');
    assert.deepEqual(generation, { name: 'classic', source: 'assumed', reason: 'IPVS is not loaded' });
  });

  it('does as it is told without asking the kernel', async () => {
    const { out } = await runOn(notAsked, ...few, '--generation', 'total');
    assert.match(out, /^Kernel generation: total, as asked for\.$/m);
    const { generation } = await balanceOf(notAsked, '--generation', 'capped', '--connections', '10');
    assert.deepEqual(generation, { name: 'capped', source: 'option', reason: null });
    assert.equal((await runOn(notAsked, '--trace', NEWER)).code, 0);
  });

  it('replays traces, one line a file', async () => {
    const { out, err, code } = await run('--trace', TRACE, NEWER);
    assert.deepEqual(
      [out, err, code],
      [
        'rr-equal: 142 of 142 choices as recorded\nwlc-total-6.1.192: 173 of 173 choices as recorded\n',
        '',
        0,
      ],
    );
  });

  it('shows the first difference and exits 1', async () => {
    const { out, code } = await run('--generation', 'classic', '--trace', NEWER);
    assert.equal(code, 1);
    assert.match(
      out,
      /^wlc-total-6\.1\.192: 151 of 173 choices as recorded\n {2}first difference: choice at step 119: open connection 59/,
    );
    assert.match(out, /recorded: 10\.2\.0\.11:8080\n +got: +10\.2\.0\.13:8080/);
    assert.match(out, /step 118: close connection 58/);
  });

  it('goes on after a file that cannot be replayed', async () => {
    const broken = join(folder, 'broken.json');
    writeFileSync(
      broken,
      readFileSync(TRACE, 'utf8')
        .replace('"scheduler": "rr"', '"scheduler": "twos"')
        .replace('"scheduler":"rr"', '"scheduler":"twos"'),
    );
    const { out, err, code } = await run('--trace', broken, join(folder, 'absent.json'), TRACE);
    assert.equal(code, 1);
    assert.match(err, /^broken: read trace scheduler: unknown name "twos"/);
    assert.match(err, /^absent: read .*absent\.json: there is no such file$/m);
    assert.match(out, /^rr-equal: 142 of 142/);
  });

  const wrong: readonly { name: string; words: string[]; says: RegExp }[] = [
    { name: 'nothing to do', words: [], says: /give --scheduler NAME and --servers a=3,b=1,c=1, or --trace/ },
    { name: 'no servers', words: ['--scheduler', 'rr'], says: /give --scheduler/ },
    {
      name: 'a trace and a scheduler',
      words: ['--trace', TRACE, '--scheduler', 'rr'],
      says: /--trace brings its own/,
    },
    {
      name: 'a bad weight',
      words: ['--scheduler', 'rr', '--servers', 'a=x'],
      says: /"a=x" is not NAME or NAME=WEIGHT/,
    },
    { name: 'a large weight', words: ['--scheduler', 'rr', '--servers', 'a=65536'], says: /from 0 to 65535/ },
    { name: 'a name twice', words: ['--scheduler', 'rr', '--servers', 'a,a'], says: /a is there twice/ },
    {
      name: 'a foreign flag',
      words: ['--scheduler', 'sh', '--servers', 'a', '--flags', 'mh-port'],
      says: /it takes sh-fallback, sh-port/,
    },
    {
      name: 'a flag for rr',
      words: ['--scheduler', 'rr', '--servers', 'a', '--flags', 'mh-port'],
      says: /it takes none/,
    },
    {
      name: 'an unknown leaver',
      words: ['--scheduler', 'rr', '--servers', 'a', '--remove', 'b@5'],
      says: /no server b, only a/,
    },
    {
      name: 'a late leaver',
      words: ['--scheduler', 'rr', '--servers', 'a', '--remove', 'a@1001'],
      says: /connection from 1 to 1000/,
    },
  ];
  for (const { name, words, says } of wrong) {
    it(`refuses ${name} as wrong usage`, async () => {
      await assert.rejects(run(...words), { code: 'ERR_USAGE', message: says });
    });
  }
});
