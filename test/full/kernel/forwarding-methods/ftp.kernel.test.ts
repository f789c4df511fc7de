import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { program } from '../../../kernel/lab/director.js';
import { Lab, type IpVersion } from '../../../kernel/lab/lab.js';
import { routeThrough } from '../../../kernel/lab/real-server.js';
import { FtpClient } from './support/ftp-client.js';
import { serveFtp } from './support/ftp-server.js';

describe('FTP by NAT', () => {
  let lab: Lab;
  before(async () => {
    lab = Lab.create({ layout: 'two', modules: ['ip_vs_ftp'] });
    lab.holdVip();
    for (const server of lab.servers) routeThrough(server, lab.director);
    await serveFtp(lab);
    await program(
      lab,
      ([4, 6] as const).map((version) => ({
        name: `ftp${version}`,
        address: lab.vip[version],
        port: 21,
        scheduler: 'rr',
        servers: lab.servers.map(({ name, address }) => ({ name, address: address[version], port: 21 })),
      })),
    );
  });
  after(() => lab.close());

  async function withClient(version: IpVersion, body: (client: FtpClient) => Promise<void>): Promise<void> {
    const client = await FtpClient.open(lab.client, lab.vip[version]);
    try {
      await body(client);
      await client.close();
    } finally {
      client.destroy();
    }
  }

  it('serves passive clients over IPv4', () =>
    withClient(4, async (client) => {
      const place = await client.passive();
      assert.equal(place.address, lab.vip[4]);
      assert.equal(await client.retrieveFrom(place), `rs3 ${lab.client.address[4]}\n`);
    }));
  it('serves passive clients that ask by EPSV, over IPv4', () =>
    withClient(4, async (client) => {
      const place = await client.extendedPassive();
      assert.equal(await client.retrieveFrom(place), `rs2 ${lab.client.address[4]}\n`);
    }));
  it('serves active clients over IPv4', () =>
    withClient(4, async (client) => {
      const { content, from, fromPort } = await client.retrieveActive('PORT');
      assert.equal(content, `rs1 ${lab.client.address[4]}\n`);
      assert.equal(from, lab.vip[4]);
      assert.equal(fromPort, 20);
    }));
  it('serves passive clients over IPv6', () =>
    withClient(6, async (client) => {
      const place = await client.extendedPassive();
      assert.equal(await client.retrieveFrom(place), `rs3 ${lab.client.address[6]}\n`);
    }));
  it('serves active clients over IPv6', () =>
    withClient(6, async (client) => {
      const { content, from, fromPort } = await client.retrieveActive('EPRT');
      assert.equal(content, `rs2 ${lab.client.address[6]}\n`);
      assert.equal(from, lab.vip[6]);
      assert.equal(fromPort, 20);
    }));
});
