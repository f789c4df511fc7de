/**
 * The smtp check against OpenSMTPD, which insists on being started by root. STARTTLS is held by a server of our own
 * (test/health): that of Debian 12's OpenSMTPD ends every handshake with an internal error.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { skipWithout } from '../../support/require-tool.js';
import { verdictOf, withServerProgram, writeIn } from './support/server-program.js';

const notRoot = process.getuid?.() === 0 ? false : 'smtpd runs as root alone';
const needs = skipWithout('smtpd', 'apt-get install opensmtpd') || notRoot;

describe('an smtp check of OpenSMTPD', { skip: needs }, () => {
  it('greets and takes its leave, by both families', async () => {
    await withServerProgram(
      ({ port, folder }) => {
        const text = `listen on 127.0.0.1 port ${port}
listen on ::1 port ${port}
action "none" maildir "${folder}/mail"
match for local action "none"
`;
        return ['smtpd', '-d', '-f', writeIn(folder, 'smtpd.conf', text)];
      },
      async ({ port }) => {
        for (const address of ['127.0.0.1', '::1']) {
          const ask = (more: string): Promise<string> =>
            verdictOf(`{ type: smtp, helo_name: director.example${more} }`, address, port);
          assert.equal(await ask(''), 'up: greeted');
          assert.match(await ask(', starttls: true'), /EHLO: the server does not offer STARTTLS$/);
        }
      },
    );
  });
});
