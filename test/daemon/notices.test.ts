/** A server dies: a program, a web address and a mailbox hear of it, in order and with the reason; nobody waits for them. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, watch, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, afterEach, beforeEach, describe, it } from 'node:test';
import type { NoticeBody } from '../../src/notices/content.js';
import { MailServer } from '../notices/support/mail-server.js';
import { exitCode, killPrograms, lineLike, linesOf, lvsd } from '../support/program.js';
import { DirectorHome, eventOf, freePort, metricsOf, NamedServer } from '../support/test-director.js';

/** Keeps what is posted to it. */
class Receiver {
  readonly bodies: NoticeBody[] = [];
  status = 200;
  readonly #server: Server;
  #arrived: (() => void) | null = null;

  constructor() {
    this.#server = createServer((request, response) => {
      let text = '';
      request.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      request.on('end', () => {
        response.writeHead(this.status).end();
        if (this.status === 200) this.bodies.push(JSON.parse(text) as NoticeBody);
        this.#arrived?.();
      });
    });
  }

  async listen(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/hook`;
  }

  async until(fits: (types: readonly string[]) => boolean): Promise<readonly string[]> {
    const types = (): readonly string[] => this.bodies.map(({ type }) => type);
    while (!fits(types())) await new Promise<void>((resolve) => (this.#arrived = resolve));
    return types();
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

/** The lines of a file that a program writes to, once there are enough of them. */
async function linesIn(file: string, count: number): Promise<readonly string[]> {
  const lines = (): string[] => readFileSync(file, 'utf8').split('\n').slice(0, -1);
  const changes = watch(file);
  try {
    while (lines().length < count) await once(changes, 'change');
  } finally {
    changes.close();
  }
  return lines();
}

const CHECK = '{ type: tcp, interval: 50ms, timeout: 200ms, rise: 1, fall: 2 }';
const STORY = '[server-down, server-removed, service-degraded]';

describe('notices', () => {
  let home: DirectorHome;
  let receiver: Receiver;
  let mailbox: MailServer;
  let web: NamedServer;
  let other: NamedServer;

  beforeEach(async () => {
    home = await DirectorHome.create();
    receiver = await new Receiver().listen();
    mailbox = await new MailServer().listen();
    web = await new NamedServer('web').listen();
    other = await new NamedServer('other').listen();
  });
  afterEach(async () => {
    await home.close();
    await Promise.all([receiver.close(), mailbox.close(), web.close(), other.close()]);
  });
  after(killPrograms);

  async function services(): Promise<string> {
    const servers = `[{ name: web, address: 127.0.0.1:${web.port} }, { name: other, address: 127.0.0.1:${other.port} }]`;
    return `services:\n  - { name: shop, address: 127.0.0.1:${await freePort()}, quorum: 2, check: ${CHECK}, servers: ${servers} }\n`;
  }

  const hook = (changes = ''): string =>
    `  - { name: hook, type: webhook, url: "${receiver.url}"${changes} }\n`;

  it('tell of a server that dies by program, web and mail, in order and with the reason', async () => {
    const told = join(home.folder, 'told');
    writeFileSync(told, '');
    const script = `echo "$1 $2/$3: $4" >> ${told}`;
    const command = `[/bin/sh, -c, '${script}', hook, '{event}', '{service}', '{server}', '{message}']`;
    const mail = `type: mail, host: 127.0.0.1, port: ${mailbox.port}, from: lvsd@example.org, to: ops@example.org`;
    await home.write(
      `${await services()}notices:\n  - { name: pager, type: exec, events: ${STORY}, command: ${command} }\n` +
        `${hook(`, events: ${STORY}`)}  - { name: mail, ${mail}, events: ${STORY} }\n`,
    );
    const director = lvsd(['run', '-c', home.file]);
    await lineLike(linesOf(director.stderr), /ready|server-up|service-added/);
    const { port } = web;
    await web.close();
    const types = ['server-down', 'service-degraded', 'server-removed'];
    assert.deepEqual(await receiver.until((seen) => seen.length >= 3), types);
    const [down, degraded, removed] = receiver.bodies;
    assert.ok(down !== undefined && degraded !== undefined && removed !== undefined);
    // The probe and its reason.
    const [, found] = /^(?:up|unknown) -> down: (.*)$/.exec(down.message) ?? [];
    assert.equal(found, `connect 127.0.0.1:${port}: ECONNREFUSED`);
    assert.deepEqual([down.director, down.service, down.server], ['test', 'shop', 'web']);
    assert.deepEqual([removed.cause, removed.because.map(({ type }) => type)], [down.seq, ['server-down']]);
    assert.equal(degraded.cause, down.seq);

    const lines = await linesIn(told, 3);
    assert.deepEqual(
      lines.map((line) => line.split(' ', 1)[0]),
      types,
    );
    assert.equal(lines[0], `server-down shop/web: ${down.message}`);

    const mails = await mailbox.received(3);
    assert.deepEqual(
      mails.map(({ text }) => /^Subject: \[lvsd test\] (\S+)/m.exec(text)?.[1]),
      types,
    );
    director.kill('SIGTERM');
    assert.equal(await exitCode(director), 0);
  });

  it('are neither waited for nor lost while the receiver refuses', async () => {
    receiver.status = 503;
    await home.write(`${await services()}notices:\n${hook(`, events: ${STORY}`)}`);
    const director = await home.start();
    await web.close();
    // The table follows, whatever becomes of the notice.
    await eventOf(director, 'server-removed');
    const failing = await home.cli(['notices', '--json']);
    assert.match(failing.out, /"queued": [123]/);
    receiver.status = 200;
    await receiver.until((seen) => seen.length === 3);
    const { out } = await home.cli(['notices']);
    assert.match(out, /^hook +webhook +3 +0 +0 +0 +\S.* ok$/m);
  });

  it('tell at the stop what still waits, and then that it stops', async () => {
    await home.write(
      `${await services()}notices:\n${hook(', events: [director-stopping, director-started]')}`,
    );
    const director = await home.start();
    await director.close();
    assert.deepEqual(
      receiver.bodies.map(({ type }) => type),
      ['director-started', 'director-stopping'],
    );
  });

  it('follow a reload, with what waits', async () => {
    receiver.status = 503;
    const shop = await services();
    await home.write(`${shop}notices:\n${hook(`, events: ${STORY}`)}`);
    const director = await home.start();
    await web.close();
    await eventOf(director, 'server-removed');
    receiver.status = 200;
    // Written anew it is tried at once, and not only after the pause.
    await home.write(`${shop}notices:\n${hook(`, events: ${STORY}, queue: 10`)}`);
    assert.equal((await home.cli(['reload'])).code, 0);
    await receiver.until((seen) => seen.length === 3);
    await home.write(shop);
    assert.equal((await home.cli(['reload'])).code, 0);
    const { err } = await home.cli(['notices']);
    assert.match(err, /no notices/);
  });

  it('can be tried by name, and by nothing else', async () => {
    await home.write(`${await services()}notices:\n${hook()}`);
    await home.start();
    assert.deepEqual(await home.cli(['notices', 'test', 'hook']), {
      code: 0,
      out: 'hook: sent: HTTP 200\n',
      err: '',
    });
    assert.deepEqual(
      receiver.bodies.map(({ type }) => type),
      ['notice-test'],
    );
    receiver.status = 500;
    const failed = await home.cli(['notices', 'test', 'hook']);
    assert.equal(failed.code, 1);
    assert.match(failed.out, /^hook: not sent: post to http:\/\/127\.0\.0\.1:\d+: HTTP 500\n$/);
    const unknown = await home.cli(['notices', 'test', 'hok']);
    assert.equal(unknown.code, 1);
    assert.match(unknown.err, /there is no notice of that name, did you mean hook\?/);
  });

  it('are counted for each notice', async () => {
    await home.write(`${await services()}notices:\n${hook(`, events: ${STORY}`)}`);
    const director = await home.start();
    await web.close();
    await receiver.until((seen) => seen.length === 3);
    const metrics = await metricsOf(director);
    assert.match(metrics, /^lvsd_notice_events_total\{notice="hook",result="sent"\} [23]$/m);
    assert.match(metrics, /^lvsd_notice_events_total\{notice="hook",result="dropped"\} 0$/m);
    assert.match(metrics, /^lvsd_notice_failing\{notice="hook"\} 0$/m);
    const status = await (await fetch(`http://${director.adminAddress ?? ''}/api/v1/status`)).text();
    assert.doesNotMatch(status, /\/hook/);
  });
});
