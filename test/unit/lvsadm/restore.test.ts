/** Rules read and written: `-R`, `-R --check-first`, `-S`, `-S --full`. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LineSplitter, wordsOf } from '../../../src/lvsadm/line-splitter.js';
import { FakeIpvsTable } from '../../support/fake-ipvs-table.js';
import { namesFromFiles } from '../../lvsadm/files-names.js';
import { lvsadm, words } from '../../lvsadm/program.js';
import type { Answer } from '../../lvsadm/program.js';

const add = (last: number): string => `-A -t 10.0.0.${last}:80\n`;

function restore(
  input: string | readonly string[],
  table = new FakeIpvsTable(),
  argv: readonly string[] = ['-R'],
): Promise<Answer & { readonly services: number; readonly table: FakeIpvsTable }> {
  return lvsadm(argv, { table, input }).then((answer) => ({
    ...answer,
    services: table.services().length,
    table,
  }));
}

describe('wordsOf', () => {
  const cases: readonly [line: string, words: readonly string[]][] = [
    ['-A -t 1:2', ['-A', '-t', '1:2']],
    ['  -A \t -t\t1:2  ', ['-A', '-t', '1:2']],
    ['-A -t 1:2\r', ['-A', '-t', '1:2']],
    ['', []],
    [' \t\r', []],
    ['ipvsadm -A', ['-A']],
    ['ipvsadm ipvsadm -A ipvsadm', ['-A']],
    ['/sbin/ipvsadm -A', ['/sbin/ipvsadm', '-A']],
    ['-s \'r r\' "x"', ['-s', "'r", "r'", '"x"']],
    ['-A\\ -t', ['-A\\', '-t']],
    ['-t 1:2\0x -s', ['-t', '1:2', '-s']],
    ['-A\v-t\f1:2', ['-A\v-t\f1:2']],
    ['# -A', ['#', '-A']],
  ];
  for (const [line, expected] of cases) {
    it(JSON.stringify(line), () => assert.deepEqual(wordsOf(line), expected));
  }
});

describe('LineSplitter', () => {
  it('finds lines whatever the pieces', () => {
    const text = '-A -t 1:2\n\n-C é\n-Z';
    const bytes = Buffer.from(text);
    for (let size = 1; size <= bytes.length; size++) {
      const splitter = new LineSplitter();
      const lines: string[][] = [];
      // a source may use its buffer again
      const buffer = Buffer.alloc(size);
      for (let offset = 0; offset < bytes.length; offset += size) {
        const count = bytes.copy(buffer, 0, offset, offset + size);
        lines.push(...splitter.push(buffer.subarray(0, count)));
      }
      lines.push(...splitter.end());
      assert.deepEqual(lines, [['-A', '-t', '1:2'], [], ['-C', 'é'], ['-Z']], `pieces of ${size}`);
    }
  });

  it('keeps a byte order mark, which is no blank', () => {
    assert.deepEqual([...new LineSplitter().push(Buffer.from('\ufeff-A\n'))], [['\ufeff-A']]);
  });
});

describe('-R', () => {
  it('runs each line', async () => {
    const { exit, stderr, services } = await restore(`${add(1)}ipvsadm ${add(2)}\n  \n${add(3)}`);
    assert.deepEqual([exit, stderr, services], [0, '', 3]);
  });

  it('sends changes that follow one another together', async () => {
    const { table } = await restore(`${add(1)}${add(2)}${add(3)}-L\n${add(4)}-C\n`);
    assert.deepEqual(table.batches, [3, 2]);
  });

  it('runs what has come of its input before it waits for more', async () => {
    const { table } = await restore([add(1) + '-A -t 10.', '0.0.2:80\n' + add(3), '-Z']);
    assert.deepEqual(table.batches, [1, 2, 1]);
    assert.equal(table.services().length, 3);
  });

  it('sends no more than a thousand at once', async () => {
    const lines = Array.from({ length: 10_000 }, (_, index) => `-A -f ${index + 1}\n`).join('');
    const { table } = await restore(lines);
    assert.equal(
      table.batches.reduce((sum, length) => sum + length, 0),
      10_000,
    );
    assert.ok(table.batches.length < 20, `${table.batches.length} batches`);
    assert.ok(Math.max(...table.batches) <= 4096, `${Math.max(...table.batches)} at once`);
  });

  it('goes on after a refusal, and ends with the status of the last line', async () => {
    const twice = await restore(`${add(1)}${add(1)}${add(2)}`);
    assert.deepEqual([twice.exit, twice.stderr, twice.services], [0, 'Service already exists\n', 2]);
    const last = await restore(`${add(1)}${add(1)}`);
    assert.deepEqual([last.exit, last.services], [255, 1]);
    const blank = await restore(`${add(1)}${add(1)}\n  \n`);
    assert.equal(blank.exit, 255);
  });

  it('tells refusals in the order of the lines', async () => {
    const { stderr } = await restore(
      `-D -f 1\n-a -f 1 -r 10.0.0.1\n-L\n-A -f 1 -s nosuch\n-L -Q\n--stop-daemon master\n`,
    );
    assert.deepEqual(stderr.trimEnd().split('\n'), [
      'No such service',
      'Service not defined',
      'Scheduler or persistence engine not found',
      '-Q: unknown option',
      'No daemon is running',
    ]);
  });

  it('ends at a usage error, with what stands before it done', async () => {
    for (const [line, status] of [
      ['-A -t bad', 2],
      ['-A', 2],
      ['-C foo', 2],
      ['foo', 255],
      ['-Q', 255],
      ['# comment', 255],
      ['-R', 255],
      ['-R -n', 2],
      ['-h', 0],
      ['-v', 0],
      ['-L -t 10.0.0.99:80', 1],
    ] as const) {
      const { exit, services } = await restore(`${add(1)}${line}\n${add(2)}`);
      assert.deepEqual([line, exit, services], [line, status, 1]);
    }
  });

  it('goes on after a word that is no option', async () => {
    const { exit, stderr, services } = await restore(`${add(1)}-A -Q\n-A -t\n${add(2)}`);
    assert.deepEqual([exit, services], [0, 2]);
    assert.equal(stderr, '-Q: unknown option\n-t: missing argument\n');
    assert.equal((await restore(`${add(1)}-A -Q\n\n`)).exit, 255);
  });

  it('starts every line anew', async () => {
    const { table } = await restore('-A -u 10.0.0.1:80 -p 9 -M 255.0.0.0 -o -s rr\n-A -u 10.0.0.2:80\n');
    const [second] = table.services();
    assert.deepEqual(
      [second?.scheduler, second?.flags, second?.timeoutSec, second?.netmask],
      ['wlc', 2, 0, 0xffffffff],
    );
  });

  it('takes an empty input', async () => {
    assert.equal((await restore('')).exit, 0);
    assert.equal((await restore([])).exit, 0);
    assert.equal((await restore('\n \n')).exit, 0);
  });

  it('takes a last line without its end, and lines of any length', async () => {
    const { services, exit } = await restore(`${add(1)}-A -t 10.0.0.2:80${' '.repeat(100_000)}-s rr`);
    assert.deepEqual([services, exit], [2, 0]);
  });

  it('looks up host names', async () => {
    const table = new FakeIpvsTable();
    const names = namesFromFiles('10.0.0.9 web\n', 'http 80/tcp\n');
    const { exit } = await lvsadm(['-R'], { table, names, input: `${add(1)}-A -t web:http\n${add(2)}` });
    assert.equal(exit, 0);
    assert.equal(table.services().length, 3);
  });
});

describe('complaints that cannot be written', () => {
  const full = {
    write: (): never => {
      throw new Error('write standard error: ENOSPC');
    },
  };

  it('leave no rule behind them undone, and make exit status 0 one', async () => {
    for (const argv of [['-R'], ['-R', '--check-first']]) {
      const table = new FakeIpvsTable();
      const input = `${add(1)}${add(1)}-S\n${add(2)}`;
      const { exit } = await lvsadm(argv, { table, input, stderr: full });
      assert.deepEqual([table.services().length, exit], [2, argv.length === 1 ? 1 : 255]);
    }
  });

  it('change no other exit status', async () => {
    const table = new FakeIpvsTable();
    assert.equal((await lvsadm(['-D', '-f', '1'], { table, stderr: full })).exit, 255);
    assert.equal((await lvsadm(['-Q'], { table, stderr: full })).exit, 255);
  });
});

describe('-R --check-first', () => {
  const argv = ['-R', '--check-first'];

  it('ends with the status of the first line that failed', async () => {
    const listing = '-L -t 9.9.9.9:9\n';
    const status = async (input: string): Promise<number> =>
      (await restore(input, new FakeIpvsTable(), argv)).exit;
    assert.equal(await status(`${add(1)}${add(1)}${listing}${add(2)}`), 255);
    assert.equal(await status(`${listing}${add(1)}${add(1)}`), 1);
  });

  it('runs nothing when any line is wrong, and tells of each', async () => {
    let opened = false;
    const { exit, stderr, stdout } = await lvsadm(argv, {
      input: `${add(1)}\n-A -t bad\n# no\n-L -Q\n${add(2)}-R\n-h\n-A -6\n`,
      openTable: () => {
        opened = true;
        return new FakeIpvsTable();
      },
    });
    assert.deepEqual([exit, stdout, opened], [2, '', false]);
    assert.deepEqual(stderr.trimEnd().split('\n'), [
      'line 3: illegal virtual server address[:port] specified',
      'line 4: the first option is no command',
      'line 5: -Q: unknown option',
      'line 7: restore is no command for a file of rules',
      'line 8: help is no command for a file of rules',
      'line 9: -6 used before -f',
    ]);
  });

  it('runs everything when all lines are right, and tells refusals with their lines', async () => {
    const input = [`${add(1)}\n`, `${add(1)}-L\n${add(2)}-D -f 9\n`];
    const { exit, stderr, stdout, services } = await restore(input, new FakeIpvsTable(), argv);
    assert.deepEqual([exit, services], [255, 2]);
    assert.equal(stderr, 'line 3: Service already exists\nline 6: No such service\n');
    assert.match(stdout, /TCP {2}10\.0\.0\.1:80 wlc\n$/);
  });

  it('is 0 when all is done', async () => {
    const { exit, stderr, services } = await restore(`${add(1)}${add(2)}`, new FakeIpvsTable(), argv);
    assert.deepEqual([exit, stderr, services], [0, '', 2]);
  });

  it('has the status of a listing that failed', async () => {
    const { exit, stderr } = await restore('-L -f 9\n', new FakeIpvsTable(), argv);
    assert.deepEqual([exit, stderr], [1, 'No such service\n']);
  });
});

describe('-S', () => {
  const rules = [
    '-A -t 10.0.0.1:80 -s sh -p 60 -M 255.255.255.0 --pe sip -b sh-fallback,sh-port',
    '-a -t 10.0.0.1:80 -r 10.0.0.11:80 -g -w 5',
    '-a -t 10.0.0.1:80 -r 10.0.0.12:81 -m -w 0',
    '-a -t 10.0.0.1:80 -r 10.0.0.13:80 -i -w 1 --tun-type ipip',
    '-a -t 10.0.0.1:80 -r 10.0.0.14:80 -i -w 1 --tun-type gue --tun-port 6080 --tun-remcsum',
    '-a -t 10.0.0.1:80 -r 10.0.0.15:80 -i -w 1 --tun-type gre --tun-nocsum',
    '-A -u 10.0.0.1:53 -s rr -o',
    '-A --sctp-service 10.0.0.1:80 -s mh -b mh-port',
    '-A -t [2001:db8::1]:80 -s wlc -p 360 -M 64',
    '-A -f 7 -s wlc -p 360',
    '-A -f 8 -6 -s wlc -b flag-1,flag-2,flag-3',
    '-a -f 8 -6 -r 10.0.0.11:80 -i -w 1 --tun-type gre --tun-csum',
  ];
  const text = rules.map((rule) => `${rule}\n`).join('');

  it('writes rules that -R reads', async () => {
    const { table } = await restore(text);
    assert.equal((await lvsadm(['-Sn'], { table })).stdout, text);
  });

  it('loses what ipvsadm loses, but for --full', async () => {
    const lines = [
      '--set 1 2 3',
      '--start-daemon backup --mcast-interface lo --syncid 9 --mcast-ttl 3',
      '-A -f 4294967295 -s sh -b sh-port,flag-3',
      '-a -f 4294967295 -r 10.0.0.11:80 -w 3 -x 20 -y 10',
      '-a -f 4294967295 -r 10.0.0.12:80 -x 20',
    ];
    const { table, stderr } = await restore(lines.map((line) => `${line}\n`).join(''));
    assert.equal(stderr, '');
    assert.equal(
      (await lvsadm(['-Sn'], { table })).stdout,
      '-A -f -1 -s sh -b sh-port\n-a -f -1 -r 10.0.0.11:80 -g -w 3\n-a -f -1 -r 10.0.0.12:80 -g -w 1\n',
    );
    const full = (await lvsadm(['-Sn', '--full'], { table })).stdout;
    assert.deepEqual(full.trimEnd().split('\n'), [
      '--set 1 2 3',
      '--start-daemon backup --mcast-interface lo --syncid 9 --sync-maxlen 65507 --mcast-group 224.0.0.81 --mcast-port 8848 --mcast-ttl 3',
      '-A -f 4294967295 -s sh -b sh-port,flag-3',
      '-a -f 4294967295 -r 10.0.0.11:80 -g -w 3 -x 20 -y 10',
      '-a -f 4294967295 -r 10.0.0.12:80 -g -w 1 -x 20',
    ]);
    const again = await restore(full);
    assert.equal(again.stderr, '');
    assert.equal((await lvsadm(['-Sn', '--full'], { table: again.table })).stdout, full);
  });

  it('writes an empty list of flags where a scheduler has no name for them', async () => {
    const { table } = await restore('-A -t 10.0.0.1:80 -s sh -b flag-3\n');
    assert.equal((await lvsadm(['-Sn'], { table })).stdout, '-A -t 10.0.0.1:80 -s sh -b \n');
    assert.match((await lvsadm(['-Ln'], { table })).stdout, /\nTCP {2}10\.0\.0\.1:80 sh \(\)\n$/);
  });

  it('writes names without -n', async () => {
    const { table } = await restore('-A -t 10.0.0.1:80\n');
    const names = namesFromFiles('10.0.0.1 web.example.net web\n', 'http 80/tcp\n');
    assert.equal((await lvsadm(words('-S'), { table, names })).stdout, '-A -t web.example.net:http -s wlc\n');
  });
});
