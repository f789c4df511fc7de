/** Notices of the file: what they mean, and what is wrong with them. `«` stands before the place. */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ConfigError, type ConfigProblem, type LoadOptions } from '../../../src/config/load.js';
import { EVENT_TYPES } from '../../../src/model/event.js';
import { DEFAULT_EVENTS, type NoticeSettings } from '../../../src/model/notice.js';
import { loadText } from '../../support/config-text.js';

const SERVICES =
  'services:\n  - { name: shop, address: 192.0.2.10:80, servers: [10.0.0.1:80] }\n  - { name: blog, address: 192.0.2.11:80, servers: [10.0.0.1:80] }\n';
const HOOK = 'name: hook, type: webhook, url: "https://hooks.example.org/x"';
const MAIL = 'name: mail, type: mail, host: 192.0.2.25, from: a@example.org, to: b@example.org';
const EXEC = "name: pager, type: exec, command: [/bin/true, '{event}']";

const fileOf = (...notices: readonly string[]): string =>
  `${SERVICES}notices:\n${notices.map((keys) => `  - { ${keys} }\n`).join('')}`;

async function noticesOf(notices: readonly string[], options: Partial<LoadOptions> = {}) {
  const { model } = await loadText(fileOf(...notices), options);
  return model.notices;
}

async function only(keys: string, options: Partial<LoadOptions> = {}): Promise<NoticeSettings> {
  const [notice, ...more] = await noticesOf([keys], options);
  assert.ok(notice);
  assert.deepEqual(more, []);
  return notice;
}

async function problemsOf(
  text: string,
  options: Partial<LoadOptions> = {},
): Promise<readonly ConfigProblem[]> {
  const error: unknown = await loadText(text, options).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof ConfigError, 'it was accepted');
  return error.problems;
}

describe('notices', () => {
  it('have defaults', async () => {
    assert.deepEqual(await only(HOOK), {
      name: 'hook',
      type: 'webhook',
      events: DEFAULT_EVENTS,
      services: null,
      queue: 1000,
      timeoutMs: 10_000,
      retryForMs: 600_000,
      url: 'https://hooks.example.org/x',
      headers: {},
      secret: null,
      tlsVerify: true,
      authorities: null,
    });
    const mail = await only(MAIL);
    assert.ok(mail.type === 'mail');
    const { port, tls, to, maxPerHour, username } = mail;
    assert.deepEqual(
      { port, tls, to, maxPerHour, username },
      {
        port: 25,
        tls: 'opportunistic',
        to: ['b@example.org'],
        maxPerHour: 20,
        username: null,
      },
    );
    const implicit = await only(`${MAIL}, tls: implicit`);
    assert.equal('port' in implicit && implicit.port, 465);
  });

  it('are none by default', async () => {
    assert.deepEqual((await loadText(SERVICES)).model.notices, []);
  });

  it('take events by name, pattern and default, in the order of the list', async () => {
    const { events } = await only(`${HOOK}, events: [weight-set, 'quorum-*', server-down]`);
    assert.deepEqual(events, ['quorum-lost', 'quorum-reached', 'server-down', 'weight-set']);
    assert.deepEqual((await only(`${HOOK}, events: ['*']`)).events, EVENT_TYPES);
    const more = await only(`${HOOK}, events: [default, weight-set]`);
    assert.deepEqual(
      more.events,
      EVENT_TYPES.filter((type) => DEFAULT_EVENTS.includes(type) || type === 'weight-set'),
    );
  });

  it('tell of changes of state by default, and not of every weight', () => {
    for (const type of ['server-down', 'server-up', 'service-degraded', 'quorum-lost'] as const)
      assert.ok(DEFAULT_EVENTS.includes(type), type);
    for (const type of ['server-changed', 'weight-set', 'config-loaded', 'notice-test'] as const)
      assert.ok(!DEFAULT_EVENTS.includes(type), type);
  });

  const refused: readonly {
    readonly name: string;
    readonly keys: string;
    readonly rule: string;
    readonly hint?: RegExp;
  }[] = [
    {
      name: 'an unknown event',
      keys: `${HOOK}, events: [«sever-down]`,
      rule: 'unknown-event',
      hint: /server-down/,
    },
    { name: 'a pattern without events', keys: `${HOOK}, events: [«'x-*']`, rule: 'unknown-event' },
    { name: 'no events', keys: `${HOOK}, events: «[]`, rule: 'list-length' },
    { name: 'an unknown service', keys: `${HOOK}, services: [«shp]`, rule: 'unknown-service' },
    {
      name: 'an unknown type',
      keys: `name: a, type: «exce, command: [/bin/true]`,
      rule: 'not-allowed',
      hint: /exec/,
    },
    { name: 'a key of another type', keys: `${HOOK}, «command: [/bin/true]`, rule: 'misplaced-key' },
    { name: 'an unknown key', keys: `${HOOK}, «retryfor: 1m`, rule: 'unknown-key', hint: /retry_for/ },
    { name: 'a relative program', keys: 'name: a, type: exec, command: [«hook.sh]', rule: 'exec-path' },
    {
      name: 'a missing program',
      keys: 'name: a, type: exec, command: [«/nonexistent/hook]',
      rule: 'exec-path',
    },
    {
      name: 'an unknown placeholder',
      keys: "name: a, type: exec, command: [/bin/true, «'{servr}']",
      rule: 'bad-placeholder',
      hint: /server/,
    },
    {
      name: 'a placeholder within a word',
      keys: "name: a, type: exec, command: [/bin/true, «'--text={message}']",
      rule: 'bad-placeholder',
      hint: /'\{message\}'/,
    },
    { name: 'another scheme', keys: 'name: a, type: webhook, url: «"ftp://example.org/x"', rule: 'bad-url' },
    {
      name: 'credentials in the address',
      keys: 'name: a, type: webhook, url: «"https://me:pw@example.org/"',
      rule: 'bad-url',
    },
    { name: 'a literal secret', keys: `${HOOK}, secret: «hunter2`, rule: 'secret-literal' },
    {
      name: 'a literal token in a header',
      keys: `${HOOK}, headers: { Authorization: «Bearer x }`,
      rule: 'secret-literal',
    },
    {
      name: 'a mailbox that would begin a header',
      keys: MAIL.replace('b@example.org', '«"b@example.org>\\r\\nBcc: x"'),
      rule: 'bad-mailbox',
    },
    {
      name: 'a user without password',
      keys: `«${MAIL}, tls: required, username: x`,
      rule: 'password-missing',
    },
    { name: 'too many mails', keys: `${MAIL}, max_per_hour: «4000`, rule: 'out-of-range' },
    { name: 'a duration without unit', keys: `${MAIL}, retry_for: «5`, rule: 'bad-duration' },
  ];
  for (const { name, keys, rule, hint } of refused)
    it(`refuse ${name}, at its place`, async () => {
      const marked = fileOf(keys);
      const lines = marked.slice(0, marked.indexOf('«')).split('\n');
      const [problem, ...more] = await problemsOf(marked.replace('«', ''));
      assert.ok(problem);
      assert.deepEqual(
        more.map((each) => each.message),
        [],
      );
      assert.equal(problem.rule, rule, problem.message);
      // What is missing is told at the whole entry.
      if (rule !== 'password-missing')
        assert.deepEqual([problem.line, problem.column], [lines.length, (lines.at(-1) ?? '').length + 1]);
      if (hint !== undefined) assert.match(problem.hint ?? '', hint);
      for (const secret of ['hunter2', 'me:pw', 'Bearer'])
        assert.ok(!JSON.stringify(problem).includes(secret));
    });

  it('refuse two of one name', async () => {
    const [problem] = await problemsOf(fileOf(HOOK, MAIL.replace('name: mail', 'name: hook')));
    assert.equal(problem?.rule, 'duplicate-notice');
  });

  it('refuse a password that could be read on its way, unless that is within this host', async () => {
    const login = 'username: x, password: "${PW}"';
    const options = { environment: { PW: 'hunter2' } };
    for (const tls of ['opportunistic', 'none']) {
      const [problem] = await problemsOf(fileOf(`${MAIL}, tls: ${tls}, ${login}`), options);
      assert.equal(problem?.rule, 'password-unprotected');
      await only(`${MAIL.replace('192.0.2.25', '127.0.0.1')}, tls: ${tls}, ${login}`, options);
      const named = fileOf(`${MAIL.replace('192.0.2.25', '127.mail.example')}, tls: ${tls}, ${login}`);
      assert.equal((await problemsOf(named, options))[0]?.rule, 'password-unprotected');
    }
    const mail = await only(`${MAIL}, tls: required, ${login}`, options);
    assert.equal('password' in mail && mail.password, 'hunter2');
  });

  it('stand in the main file only', async () => {
    const error: unknown = await loadText({
      'lvsd.yaml': `${SERVICES}include: [more.yaml]\n`,
      'more.yaml': `notices:\n  - { ${HOOK} }\n`,
    }).catch((thrown: unknown) => thrown);
    assert.ok(error instanceof ConfigError);
    assert.deepEqual(
      error.problems.map(({ rule }) => rule),
      ['include-notices'],
    );
  });

  it('know the services of included files', async () => {
    const { model } = await loadText({
      'lvsd.yaml': `include: [more.yaml]\nnotices:\n  - { ${HOOK}, services: [shop, 'b*'] }\n`,
      'more.yaml': SERVICES,
    });
    assert.deepEqual(model.notices[0]?.services, ['shop', 'b*']);
  });

  it('warn of a pattern that no service has', async () => {
    const { warnings } = await loadText(fileOf(`${HOOK}, services: ['x*']`));
    assert.deepEqual(
      warnings.map(({ rule }) => rule),
      ['unknown-service'],
    );
  });

  describe('are judged beside other mistakes of the file', () => {
    const rulesOf = async (text: string): Promise<readonly string[]> =>
      (await problemsOf(text)).map(({ rule }) => rule);
    const typo = `  - { ${HOOK}, services: [shp] }\n`;

    for (const [name, mistake] of [
      ['of a notice', `${SERVICES}notices:\n${typo}  - { ${MAIL}, que: 1 }\n`],
      ['of the director', `director: { que: 1 }\n${SERVICES}notices:\n${typo}`],
      ['of a pool', `pools: { web: [{ addres: 10.0.0.1, que: 1 }] }\n${SERVICES}notices:\n${typo}`],
      ['of a service', `${SERVICES}  - { name: third, que: 1 }\nnotices:\n${typo}`],
    ] as const)
      it(name, async () => {
        const rules = await rulesOf(mistake);
        assert.ok(rules.includes('unknown-service'), rules.join());
        assert.ok(rules.includes('unknown-key'), rules.join());
      });

    it('and may name a service whose shape is wrong', async () => {
      const rules = await rulesOf(`${SERVICES}  - { name: shp, que: 1 }\nnotices:\n${typo}`);
      assert.ok(!rules.includes('unknown-service'), rules.join());
    });

    it('but not blamed for a service whose name nobody can read', async () => {
      for (const unread of [`${SERVICES}  - { naem: shp }\n`, 'servces: []\n', 'services: {}\n']) {
        const rules = await rulesOf(`${unread}notices:\n${typo}`);
        assert.ok(!rules.includes('unknown-service'), rules.join());
      }
    });
  });

  it('hide no mistake of a service by their own', async () => {
    const problems = await problemsOf(
      `services:\n  - { name: shop, address: 192.0.2.10:80, fallback: proxy, servers: [10.0.0.1:80] }\nnotices:\n  - { ${MAIL}, que: 1 }\n`,
    );
    assert.deepEqual(
      problems.map(({ rule }) => rule),
      ['fallback-unused', 'unknown-key'],
    );
  });

  it('are at most 100', async () => {
    const many = (count: number): string =>
      fileOf(...Array.from({ length: count }, (_, index) => HOOK.replace('hook', `hook${index}`)));
    assert.equal((await loadText(many(100))).model.notices.length, 100);
    const [problem, ...more] = await problemsOf(many(101));
    assert.deepEqual(more, []);
    assert.equal(problem?.rule, 'list-length');
    assert.equal(problem.path, 'notices');
    assert.equal(problem.message, 'there are 101 notices, at most 100 are possible');
  });

  it('change the digest, but not by a secret', async () => {
    const digest = async (keys: string, secret: string): Promise<string> =>
      (await loadText(fileOf(`${HOOK}, secret: "\${S}"${keys}`), { environment: { S: secret } })).digest;
    assert.equal(await digest('', 'a'), await digest('', 'b'));
    assert.notEqual(await digest('', 'a'), await digest(', queue: 7', 'a'));
  });
});

describe('files of notices', () => {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), 'lvsd-test-notices-'))));
  after(() => rmSync(folder, { recursive: true }));

  const secretFile = (text: string, mode = 0o600): string => {
    const path = join(folder, 'secret');
    writeFileSync(path, text);
    chmodSync(path, mode);
    return path;
  };

  it('hold a secret, without its line end', async () => {
    const hook = await only(`${HOOK}, secret_file: ${secretFile('hunter2\n')}`);
    assert.equal('secret' in hook && hook.secret, 'hunter2');
    const mail = await only(`${MAIL}, tls: implicit, username: x, password_file: ${secretFile('hunter3')}`);
    assert.equal('password' in mail && mail.password, 'hunter3');
  });

  it('are refused when they are missing, empty or something else', async () => {
    for (const path of [join(folder, 'nowhere'), secretFile('\n'), secretFile('a\nb\n'), folder])
      assert.equal(
        (await problemsOf(fileOf(`${HOOK}, secret_file: ${path}`)))[0]?.rule,
        'password-file',
        path,
      );
    const [problem] = await problemsOf(fileOf(`${HOOK}, ca_file: ${secretFile('no PEM')}`));
    assert.equal(problem?.rule, 'tls-file');
  });

  it('are a warning when everybody can read them', async () => {
    const { warnings } = await loadText(fileOf(`${HOOK}, secret_file: ${secretFile('hunter2', 0o644)}`));
    assert.deepEqual(
      warnings.map(({ rule }) => rule),
      ['password-file-mode'],
    );
  });

  it('refuse a second source of the secret', async () => {
    const keys = `${HOOK}, secret: "\${S}", secret_file: ${secretFile('x')}`;
    const [problem] = await problemsOf(fileOf(keys), { environment: { S: 'y' } });
    assert.equal(problem?.rule, 'password-conflict');
  });

  it(
    'refuse as root a program that others could write',
    { skip: process.getuid?.() !== 0 && 'not root' },
    async () => {
      const program = join(folder, 'hook');
      writeFileSync(program, '#!/bin/sh\n', { mode: 0o755 });
      chmodSync(program, 0o777);
      const [problem] = await problemsOf(fileOf(EXEC.replace('/bin/true', program)));
      assert.equal(problem?.rule, 'exec-untrusted');
    },
  );
});
