/** The dns check against dnsmasq. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { skipWithout } from '../../support/require-tool.js';
import { verdictOf, withServerProgram } from './support/server-program.js';

const long = Array.from({ length: 100 }, (_, index) => `--host-record=many.example,192.0.2.${index + 1}`);

describe('a dns check of dnsmasq', { skip: skipWithout('dnsmasq', 'apt-get install dnsmasq-base') }, () => {
  it('finds records, refusals and what does not fit into a datagram', async () => {
    await withServerProgram(
      ({ port }) => [
        'dnsmasq',
        '--keep-in-foreground',
        `--port=${port}`,
        '--conf-file=/dev/null',
        '--listen-address=127.0.0.1,::1',
        '--bind-interfaces',
        '--no-resolv',
        '--no-hosts',
        `--user=${process.getuid?.() === 0 ? 'root' : ''}`,
        '--pid-file=',
        '--edns-packet-max=512',
        '--host-record=mail.example,192.0.2.7,2001:db8::7',
        '--host-record=old.example,192.0.2.9',
        '--local=/old.example/',
        '--cname=www.example,mail.example',
        '--mx-host=shop.example,mail.example,10',
        '--txt-record=shop.example,v=1,two',
        '--srv-host=_sip._udp.example,mail.example,5060,1,2',
        ...long,
      ],
      async ({ port }) => {
        const ask = (check: string, address = '127.0.0.1'): Promise<string> =>
          verdictOf(`{ type: dns, ${check} }`, address, port);
        for (const address of ['127.0.0.1', '::1']) {
          assert.equal(await ask('name: www.example, answer: 192.0.2.7', address), 'up: NOERROR, 192.0.2.7');
          assert.equal(
            await ask('name: mail.example, query_type: AAAA', address),
            'up: NOERROR, 2001:db8::7',
          );
        }
        assert.equal(
          await ask('name: shop.example, query_type: MX, answer: 10 mail.example'),
          'up: NOERROR, 10 mail.example',
        );
        assert.equal(await ask('name: shop.example, query_type: TXT, answer: /^v=1/'), 'up: NOERROR, v=1two');
        assert.equal(
          await ask('name: _sip._udp.example, query_type: SRV'),
          'up: NOERROR, 1 2 5060 mail.example',
        );
        assert.equal(await ask('name: elsewhere.test, rcode: REFUSED'), 'up: REFUSED, no record');
        assert.match(await ask('name: elsewhere.test'), /elsewhere\.test A: REFUSED, expected NOERROR$/);
        assert.match(
          await ask('name: old.example, query_type: AAAA'),
          /NOERROR without a record of type AAAA$/,
        );
        assert.match(
          await ask('name: mail.example, answer: 192.0.2.8'),
          /no record is "192\.0\.2\.8", got 192\.0\.2\.7$/,
        );
        for (const transport of ['udp', 'tcp'])
          assert.match(
            await ask(`name: many.example, answer: 192.0.2.99, transport: ${transport}`),
            /^up: NOERROR, .* and 97 more$/,
          );
      },
    );
  });
});
