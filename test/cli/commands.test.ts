import assert from 'node:assert/strict';
import { once } from 'node:events';
import { symlink, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import type { ConnectionLine, ErrorAnswer, PlanAnswer, WeightAnswer } from '../../src/api/protocol.js';
import type { DirectorEvent } from '../../src/model/event.js';
import type { Snapshot } from '../../src/model/snapshot.js';
import { cli, DirectorHome, freePort, NamedServer } from '../support/test-director.js';

describe('commands that need no director', () => {
  let home: DirectorHome;

  before(async () => {
    home = await DirectorHome.create();
    await home.write(
      'services: [{ name: shop, address: "127.0.0.1:80", servers: ["10.0.0.1:80", "10.0.0.2:80"] }]\n',
    );
  });
  after(() => home.close());

  it('check sums a good file up', async () => {
    const { code, out, err } = await cli(['check', '-c', home.file]);
    assert.deepEqual([code, err], [0, '']);
    assert.match(out, /^shop +tcp +127\.0\.0\.1:80 +wlc +nat +tcp +2$/m);
    assert.match(out, /1 service, 2 servers, 0 warnings; plane proxy, digest [0-9a-f]{12}$/m);
  });

  it('check prints every problem of a bad one', async () => {
    const bad = `${home.folder}/bad.yaml`;
    await writeFile(bad, 'services:\n  - { name: a, address: 1.2.3.4:99999, servers: [] }\n  - { nam: b }\n');
    const { code, out, err } = await cli(['check', '-c', bad]);
    assert.deepEqual([code, out], [1, '']);
    assert.match(err, /bad\.yaml:2:\d+: error:/);
    assert.match(err, /bad\.yaml:3:\d+: error:/);
    const json = await cli(['check', '-c', bad, '--json']);
    assert.equal(json.code, 1);
    const answer = JSON.parse(json.out) as { ok: boolean; problems: { line: number }[] };
    assert.equal(answer.ok, false);
    assert.ok(answer.problems.length >= 2);
  });

  it('plan without a director shows that everything would be made', async () => {
    const { code, out, err } = await cli(['plan', '-c', home.file, '--detailed-exitcode']);
    assert.equal(code, 3);
    assert.match(err, /No director runs/);
    assert.match(out, /^Plan: 3 to create, 0 to edit, 0 to delete\.$/m);
    const json = await cli(['plan', '-c', home.file, '--json']);
    assert.equal((JSON.parse(json.out) as PlanAnswer).steps.length, 3);
  });

  it('plan --json refuses in JSON, with the whole report', async () => {
    const bad = `${home.folder}/refused.yaml`;
    await writeFile(bad, 'services:\n  - { name: a, address: 1.2.3.4:99999, servers: [] }\n');
    const { code, out, err } = await cli([
      'plan',
      '-c',
      bad,
      '--json',
      '--socket',
      `${home.folder}/none.sock`,
    ]);
    assert.deepEqual([code, err], [1, '']);
    const { error } = JSON.parse(out) as ErrorAnswer;
    assert.equal(error.code, 'ERR_CONFIG');
    assert.match(error.report ?? '', /refused\.yaml:2:\d+: error:/);
  });

  it('reload --json says in JSON that nobody answers', async () => {
    const { code, out, err } = await cli(['reload', '--json', '--socket', `${home.folder}/none.sock`]);
    assert.deepEqual([code, err], [1, '']);
    assert.equal((JSON.parse(out) as ErrorAnswer).error.code, 'ERR_API_NO_DAEMON');
  });

  it('schema prints a JSON Schema', async () => {
    const { out } = await cli(['schema']);
    assert.match((JSON.parse(out) as { $schema: string }).$schema, /json-schema\.org/);
  });

  it('name what to do when the default file is missing', async () => {
    const { code, err } = await cli(['check']);
    assert.equal(code, 1);
    assert.match(err, /read \/etc\/lvsd\/lvsd\.yaml: .*-c FILE/);
  });

  it('find no director and say where they looked', async () => {
    const { code, err } = await cli(['status', '--socket', `${home.folder}/none.sock`]);
    assert.equal(code, 1);
    assert.match(err, /none\.sock/);
  });

  it('take the socket from the file', async () => {
    const { err } = await cli(['status', '-c', home.file]);
    assert.ok(err.includes(home.socket), err);
  });

  it('take the socket from a file whose services are refused', async () => {
    const broken = `${home.folder}/broken.yaml`;
    await writeFile(broken, 'director: { admin: { socket: /nowhere/x.sock } }\nservices: [{ nam: a }]\n');
    const { code, err } = await cli(['status', '-c', broken]);
    assert.equal(code, 1);
    assert.match(err, /^lvsd: no lvsd answers on \/nowhere\/x\.sock/);
  });

  it('say what to do when the file cannot tell the socket', async () => {
    const broken = `${home.folder}/torn.yaml`;
    await writeFile(broken, 'services: [\n');
    const { code, err } = await cli(['status', '-c', broken]);
    assert.equal(code, 1);
    assert.match(err, /name the socket with --socket\n.*torn\.yaml:\d+:\d+: error/);
  });

  it('have help by its own command too', async () => {
    const { code, out } = await cli(['help', 'status']);
    assert.equal(code, 0);
    assert.equal(out, (await cli(['status', '--help'])).out);
  });

  const misuse: readonly { name: string; words: string[]; want: RegExp }[] = [
    { name: 'no command', words: [], want: /^Usage: lvsd/ },
    {
      name: 'help for an unknown command',
      words: ['help', 'stauts'],
      want: /^lvsd: help stauts: there is no such command, did you mean status\?/,
    },
    {
      name: 'help for no command at all',
      words: ['help', 'frob'],
      want: /help frob: .*\(there are: run, check/,
    },
    { name: 'an unknown command', words: ['stauts'], want: /Did you mean status\?/ },
    {
      name: 'an unknown option',
      words: ['status', '--jsom'],
      want: /Did you mean --json\?[^]*lvsd status --help/,
    },
    { name: 'a surplus argument', words: ['reload', 'now'], want: /too many arguments/ },
    { name: 'a missing argument', words: ['weight'], want: /missing required argument/ },
    {
      name: 'a weight and --reset',
      words: ['weight', 'a', '3', '--reset'],
      want: /either a weight or --reset/,
    },
    { name: 'neither weight nor --reset', words: ['weight', 'a'], want: /either a weight or --reset/ },
    { name: 'a weight out of range', words: ['weight', 'a', '65536'], want: /0 to 65535/ },
    { name: 'a shell that is none', words: ['completion', 'dash'], want: /bash, zsh, fish/ },
    { name: 'a plane that is none', words: ['run', '--dataplane', 'x'], want: /proxy/ },
  ];
  for (const { name, words, want } of misuse) {
    it(`exit 2 for ${name}`, async () => {
      const { code, out, err } = await cli(words);
      assert.deepEqual([code, out], [2, '']);
      assert.match(err, want);
    });
  }

  it('have help with examples, on standard output', async () => {
    for (const command of [
      'run',
      'check',
      'plan',
      'status',
      'events',
      'reload',
      'weight',
      'connections',
      'demo',
    ]) {
      const { code, out } = await cli([command, '--help']);
      assert.equal(code, 0);
      assert.match(out, new RegExp(`^Examples?:\n  lvsd ${command}`, 'm'));
    }
  });
});

describe('commands that ask a director', () => {
  const alpha = new NamedServer('alpha');
  const slow = new NamedServer('slow', { hold: true });
  let home: DirectorHome;
  let port: number;
  let heldPort: number;

  before(async () => {
    home = await DirectorHome.create();
    port = await freePort();
    heldPort = await freePort();
    await alpha.listen();
    await slow.listen();
    const servers = `servers: [{ name: alpha, address: "127.0.0.1:${alpha.port}" }]`;
    const check = 'check: { type: none }';
    await home.write(
      `services:
  - { name: shop, address: "127.0.0.1:${port}", ${check}, ${servers} }
  - { name: blog, address: "127.0.0.1:${await freePort()}", ${check}, ${servers} }
  - { name: held, address: "127.0.0.1:${heldPort}", ${check}, servers: [{ name: slow, address: "127.0.0.1:${slow.port}" }] }
  - { name: pair, address: "127.0.0.1:${await freePort()}", ${check}, servers: [{ name: one, address: "127.0.0.1:1" }, { name: two, address: "127.0.0.1:2" }] }\n`,
    );
    await home.start();
  });
  after(async () => {
    await home.close();
    await alpha.close();
    await slow.close();
  });

  it('status counts what went through', async () => {
    assert.equal(await text(connect(port, '127.0.0.1')), 'alpha');
    const { code, out } = await home.cli(['status', 'shop', '--json']);
    const { services } = JSON.parse(out) as Snapshot;
    assert.equal(code, 0);
    assert.deepEqual(
      services.map(({ name, connections, bytesOut }) => [name, connections, bytesOut]),
      [['shop', 1, 5]],
    );
  });

  it('status names the services that there are', async () => {
    const { code, err } = await home.cli(['status', 'nosuch']);
    assert.equal(code, 1);
    assert.match(err, /there are: shop, blog, held, pair/);
    assert.match((await home.cli(['status', 'shpo'])).err, /did you mean shop\?/);
  });

  it('weight asks before it changes two services', async () => {
    const refused = await home.cli(['weight', 'alpha', '5'], { answer: 'n' });
    assert.equal(refused.code, 1);
    assert.match(refused.err, /would set {2}shop\/alpha {2}weight 1 -> 5\nwould set {2}blog\/alpha/);
    assert.match(refused.err, /Change 2 servers\? \[y\/N\]/);
    assert.match((await home.cli(['weight', 'alpha', '5'], { answer: 'y' })).out, /^set {2}shop\/alpha/m);
    await home.cli(['weight', 'alpha', '--reset', '--yes']);
  });

  it('weight needs --yes or --service where nobody can answer', async () => {
    const { code, err } = await home.cli(['weight', 'alpha', '5']);
    assert.equal(code, 2);
    assert.match(err, /2 servers are meant: .*--service NAME, or add --yes/);
  });

  it('weight changes one service, tells why, and goes back', async () => {
    const dry = await home.cli(['weight', 'alpha', '0', '--service', 'shop', '--dry-run']);
    assert.match(dry.out, /would set {2}shop\/alpha {2}weight 1 -> 0/);
    const set = await home.cli(['weight', `127.0.0.1:${alpha.port}`, '0', '--service', 'shop', '--json']);
    assert.deepEqual((JSON.parse(set.out) as WeightAnswer).changed, [
      { service: 'shop', server: 'alpha', from: 1, to: 0 },
    ]);
    assert.match((await home.cli(['status', 'shop'])).out, /0 \(file: 1\) .*weight 0 set by uid /);
    const reset = await home.cli(['weight', 'alpha', '--reset', '--service', 'shop']);
    assert.match(reset.out, /weight 0 -> 1/);
  });

  it('weight asks too when an address means several servers of one service', async () => {
    const words = ['weight', '127.0.0.1', '5', '--service', 'pair'];
    const refused = await home.cli(words);
    assert.equal(refused.code, 2);
    assert.match(refused.err, /would set {2}pair\/one {2}weight 1 -> 5\nwould set {2}pair\/two/);
    assert.equal((await home.cli([...words, '--yes'])).code, 0);
    assert.match((await home.cli([...words, '--yes'])).out, /^unchanged {2}pair\/one {2}weight 5$/m);
  });

  it('plan answers for the file of the director only', async () => {
    const other = `${home.folder}/other.yaml`;
    await writeFile(other, 'services: []\n');
    const refused = await home.cli(['plan', '-c', other]);
    assert.deepEqual([refused.code, refused.out], [1, '']);
    assert.match(refused.err, /^lvsd: plan .*other\.yaml: the running director reads .*lvsd\.yaml/);
    const link = `${home.folder}/link.yaml`;
    await symlink(home.file, link);
    assert.equal((await home.cli(['plan', '-c', link])).code, 0);
  });

  it('weight says who was meant', async () => {
    const { code, err } = await home.cli(['weight', 'alhpa', '1']);
    assert.equal(code, 1);
    assert.match(err, /did you mean alpha\?/);
    assert.match((await home.cli(['weight', 'nosuch', '1'])).err, /\(there are: alpha, slow, one, two\)/);
  });

  it('weight takes a server as events print it', async () => {
    const { code, out } = await home.cli(['weight', 'pair/two', '7', '--dry-run']);
    assert.equal(code, 0);
    assert.match(out, /^would set {2}pair\/two {2}weight \d+ -> 7\n$/);
    assert.match((await home.cli(['weight', 'pair/alpha', '7'])).err, /\(there are: one, two\)/);
  });

  it('events come one JSON document a line, after a number', async () => {
    const { out } = await home.cli(['events', '--json', '--after', '1']);
    const events = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as DirectorEvent);
    assert.deepEqual(
      events.slice(0, 2).map(({ seq }) => seq),
      [2, 3],
    );
  });

  it('events --follow goes on until it is interrupted', async () => {
    const interrupt = new AbortController();
    const following = home.cli(['events', '--follow'], {
      signal: interrupt.signal,
      onOut: (line) => {
        if (line.includes('weight 9 set')) interrupt.abort();
      },
    });
    await home.cli(['weight', 'alpha', '9', '--service', 'blog']);
    assert.equal((await following).code, 0);
  });

  it('connections lists live ones, by service and server, as a table and as JSON', async () => {
    const client = connect(heldPort, '127.0.0.1');
    await once(client, 'data');
    const { localPort } = client;
    const table = await home.cli(['connections', '--service', 'held', '--server', 'slow']);
    assert.match(table.out, / SERVICE +SERVER +AGE /);
    const row = `^tcp +ESTABLISHED +127\\.0\\.0\\.1:${localPort} +127\\.0\\.0\\.1:${heldPort} +held +slow `;
    assert.match(table.out, new RegExp(row, 'm'));
    const json = await home.cli(['connections', '--json']);
    const [record] = json.out.trimEnd().split('\n');
    const {
      client: from,
      service,
      serviceKey,
      server,
      serverKey,
    } = JSON.parse(record ?? '') as ConnectionLine;
    assert.deepEqual(
      { from, service, serviceKey, server, serverKey },
      {
        from: `127.0.0.1:${localPort}`,
        service: 'held',
        serviceKey: `tcp:127.0.0.1:${heldPort}`,
        server: 'slow',
        serverKey: `127.0.0.1:${slow.port}`,
      },
    );
    assert.match((await home.cli(['connections', '--server', 'alpha'])).err, /No connections/);
    assert.equal((await home.cli(['connections', '--service', 'nosuch'])).code, 1);
    client.destroy();
  });

  it('status --watch prints a report a second with rates until it is interrupted', async () => {
    const interrupt = new AbortController();
    const { code, out } = await home.cli(['status', '--watch'], {
      signal: interrupt.signal,
      onOut: (report) => {
        if (report.includes('CONN/S')) interrupt.abort();
      },
    });
    assert.equal(code, 0);
    assert.equal(out.split('ready   yes').length - 1, 2);
  });
});
