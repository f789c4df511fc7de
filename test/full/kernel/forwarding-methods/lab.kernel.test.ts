import assert from 'node:assert/strict';
import { readdirSync, readlinkSync } from 'node:fs';
import { describe, it } from 'node:test';
import { openDescriptors } from '../../../../native/libc/descriptor.js';
import type { Target } from '../../../kernel/lab/answers.js';
import { ask, hold, names, NoAnswer } from '../../../kernel/lab/clients.js';
import { program } from '../../../kernel/lab/director.js';
import { assertPathOfAnswers } from '../../../kernel/lab/forwarding-case.js';
import { withLab, type IpVersion, type Lab } from '../../../kernel/lab/lab.js';
import { routeThrough, takeVipOnLoopback } from '../../../kernel/lab/real-server.js';
import { serve } from '../../../kernel/lab/servers.js';

const currentNamespace = (): string => readlinkSync('/proc/thread-self/ns/net');

async function balance(lab: Lab, forwarding: 'nat' | 'dr', version: IpVersion = 4): Promise<Target> {
  lab.holdVip();
  const target = { protocol: 'tcp', address: lab.vip[version], port: 80 } as const;
  const servers = lab.servers.map(({ name, address }) => ({ name, address: address[version], port: 80 }));
  await program(lab, [{ name: 'lab', ...target, scheduler: 'rr', forwarding, servers }]);
  return target;
}

describe('the lab', () => {
  it('leaves nothing behind', async () => {
    const before = { descriptors: openDescriptors(), namespace: currentNamespace() };
    await withLab({ layout: 'two', modules: ['sctp'] }, async (lab) => {
      await serve(lab, { port: 80, protocols: ['tcp', 'udp', 'sctp'] });
      for (const server of lab.servers) routeThrough(server, lab.director);
      const held = await hold(lab.client, await balance(lab, 'nat'));
      assert.equal(held.seen.server, 'rs3');
      held.reset();
    });
    assert.deepEqual({ descriptors: openDescriptors(), namespace: currentNamespace() }, before);
    assert.deepEqual(readdirSync('/run/netns'), []);
  });

  it('leaves nothing behind when its body fails', async () => {
    const failing = withLab({ layout: 'flat', servers: 1 }, () => Promise.reject(new Error('of the body')));
    await assert.rejects(failing, /of the body/);
    assert.deepEqual(readdirSync('/run/netns'), []);
  });

  it('is in one namespace at a time, and comes back', () =>
    withLab({ layout: 'flat', servers: 2 }, async (lab) => {
      const outside = currentNamespace();
      const [one, two] = lab.servers.map(({ namespace }) => namespace);
      assert.ok(one && two);
      const inside = one.within(currentNamespace);
      assert.notEqual(inside, outside);
      const seen: string[] = [];
      await Promise.all([
        one.during(async () => {
          await Promise.resolve();
          seen.push(currentNamespace());
        }),
        two.during(() => Promise.resolve(seen.push(currentNamespace()))),
        assert.rejects(one.during(() => Promise.reject(new Error('of the body')))),
      ]);
      assert.deepEqual(seen, [inside, two.within(currentNamespace)]);
      assert.throws(() => one.within(() => assert.fail('of the body')));
      assert.equal(currentNamespace(), outside);
    }));

  it('knows which way answers took', () =>
    withLab({ layout: 'flat' }, async (lab) => {
      for (const server of lab.servers) takeVipOnLoopback(lab, server);
      await serve(lab, { port: 80 });
      const target = await balance(lab, 'dr');
      await assertPathOfAnswers(lab, target, 'past');
      await assert.rejects(assertPathOfAnswers(lab, target, 'through'), /passed the director/);
    }));

  it('knows what came through the director', () =>
    withLab({ layout: 'two' }, async (lab) => {
      for (const server of lab.servers) routeThrough(server, lab.director);
      await serve(lab, { port: 80 });
      const target = await balance(lab, 'nat');
      await assertPathOfAnswers(lab, target, 'through');
      await assert.rejects(assertPathOfAnswers(lab, target, 'past'), /came to the director/);
    }));

  it('has servers that take the VIP from the director, unless they are silent about it', () =>
    withLab({ layout: 'flat' }, async (lab) => {
      for (const server of lab.servers) takeVipOnLoopback(lab, server);
      await serve(lab, { port: 80 });
      const target = await balance(lab, 'dr');
      assert.deepEqual(await names(lab.client, target, 3), ['rs3', 'rs2', 'rs1']);
      lab.director.namespace.ip(`address delete ${lab.vip[4]}/32 dev eth0`);
      lab.servers[0]!.namespace.setSysctl('ipv4/conf/all/arp_ignore', 0);
      lab.client.namespace.ip('neighbour flush dev eth0');
      assert.deepEqual(await names(lab.client, target, 3), ['rs1', 'rs1', 'rs1']);
    }));

  it('tells a client that nobody answers', () =>
    withLab({ layout: 'two' }, async (lab) => {
      const target = await balance(lab, 'nat');
      const nobody = async (timeoutMs: number): Promise<string> => {
        const error: unknown = await ask(lab.client, target, { timeoutMs }).catch(
          (thrown: unknown) => thrown,
        );
        assert.ok(error instanceof NoAnswer);
        return error.code;
      };
      assert.equal(await nobody(300), 'TIMEOUT', 'servers without a way back');
      for (const server of lab.servers) routeThrough(server, lab.director);
      assert.equal(await nobody(10_000), 'ECONNREFUSED', 'servers where nobody listens');
      await serve(lab, { port: 80 });
      lab.network.setCable('rs3', 'eth0', 'down');
      lab.network.setCable('rs2', 'eth0', 'down');
      assert.deepEqual((await names(lab.client, target, 3, { timeoutMs: 300 })).sort(), [
        'TIMEOUT',
        'TIMEOUT',
        'rs1',
      ]);
    }));
});
