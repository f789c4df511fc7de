/** One way of forwarding, proven from end to end: who answers, whom the server saw, and which way the answers took. */
import assert from 'node:assert/strict';
import type { LabProtocol, Target } from './answers.js';
import { ask, askOften, hold } from './clients.js';
import { program, type ServerEntry } from './director.js';
import type { IpVersion, Lab } from './lab.js';
import { scheduledOrder } from './scheduled.js';

export interface ForwardingCase {
  readonly version: IpVersion;
  readonly protocol: LabProtocol;
  readonly forwarding: 'nat' | 'dr' | 'tun';
  readonly tunnel?: Readonly<Record<string, unknown>>;
  /** Default `rr`. */
  readonly scheduler?: string;
  /** Default `serverPort`; another one with NAT only. */
  readonly port?: number;
  readonly serverPort: number;
  /** Version of the servers' addresses; default the service's. */
  readonly serverVersion?: IpVersion;
  /** By server; default 1. */
  readonly weights?: readonly number[];
}

/** `TCP over IPv4`. */
export function titleOf({ protocol, version }: Pick<ForwardingCase, 'protocol' | 'version'>): string {
  return `${protocol.toUpperCase()} over IPv${version}`;
}

/** All of `protocols`, over both versions. */
export function everyCase(protocols: readonly LabProtocol[]): Pick<ForwardingCase, 'protocol' | 'version'>[] {
  return ([4, 6] as const).flatMap((version) => protocols.map((protocol) => ({ version, protocol })));
}

/** How often each server is asked. */
const turns = 3;
const downloadBytes = 300_000;
/** Of UDP and SCTP. */
const asked = 20;
/** Neighbour discovery and the like, in packets. */
const noise = 8;

/**
 * Programs one service with all real servers of the lab, which serve already, and asserts that
 * the answers come in the scheduler's order, that servers see the client's own address and port, that the
 * packets were addressed as the method has it, and that answers pass the director with NAT and only with NAT.
 */
export async function assertForwarding(lab: Lab, given: ForwardingCase): Promise<void> {
  const { version, protocol, forwarding, serverPort } = given;
  const { port = serverPort, serverVersion = version } = given;
  const servers = lab.servers.map((host, index) => ({
    name: host.name,
    address: host.address[serverVersion],
    port: serverPort,
    weight: given.weights?.[index] ?? 1,
  }));
  await programCase(lab, given, servers);
  const target: Target = { protocol, address: lab.vip[version], port };
  const { scheduler = 'rr' } = given;
  const count = turns * servers.reduce((sum, { weight }) => sum + weight, 0);
  const source = { address: lab.client.address[version] };
  const expected = scheduledOrder(
    { scheduler, protocol, address: target.address, port, servers },
    Array.from({ length: count }, () => source),
  );
  const seen = await askOften(lab.client, target, count);
  assert.deepEqual(
    seen.map(({ server }) => server),
    expected,
    `order of ${scheduler}`,
  );
  for (const { server, client, clientPort, localPort, addressed } of seen) {
    const host = lab.servers.find(({ name }) => name === server)!;
    assert.equal(client, source.address, `the client as ${server} saw it`);
    assert.equal(clientPort, localPort, `the client's port as ${server} saw it`);
    assert.equal(addressed, forwarding === 'nat' ? host.address[serverVersion] : target.address);
  }
  if (protocol === 'tcp') await assertLargeSegments(lab, target);
  // with a tunnel the first may be lost, until the client knows how large they may be
  if (protocol === 'udp' && forwarding !== 'tun') await ask(lab.client, target, { questionBytes: 5000 });
  await assertPathOfAnswers(lab, target, forwarding === 'nat' ? 'through' : 'past');
}

async function programCase(lab: Lab, given: ForwardingCase, servers: readonly ServerEntry[]): Promise<void> {
  const { version, protocol, forwarding, tunnel, scheduler = 'rr', serverPort, port = serverPort } = given;
  await program(lab, [
    {
      name: 'case',
      address: lab.vip[version],
      port,
      protocol,
      scheduler,
      forwarding,
      ...(tunnel === undefined ? {} : { tunnel }),
      servers,
    },
  ]);
}

/** Segments as large as the link takes: with a tunnel the client must be told that they are too large. */
async function assertLargeSegments(lab: Lab, target: Target): Promise<void> {
  const held = await hold(lab.client, target);
  await held.echo(100_000);
  await held.close();
}

/**
 * Asserts which way the answers take: what the director's interfaces receive, less what the client has sent, comes from the
 * servers.
 */
export async function assertPathOfAnswers(lab: Lab, target: Target, path: 'through' | 'past'): Promise<void> {
  const tcp = target.protocol === 'tcp';
  const before = counts(lab);
  if (tcp) await downloadOnce(lab, target);
  else await askOften(lab.client, target, asked);
  const after = counts(lab);
  // a segment of a download may count as one packet or, cut by the last interface, as forty
  const unit = tcp ? 'bytes' : 'packets';
  const fromServers = after.director[unit] - before.director[unit] - (after.sent[unit] - before.sent[unit]);
  const answers = after.received[unit] - before.received[unit];
  const least = tcp ? downloadBytes : asked;
  assert.ok(answers >= least, `only ${answers} ${unit} came to the client`);
  if (path === 'through') assert.ok(fromServers >= least, `only ${fromServers} ${unit} passed the director`);
  else {
    const most = tcp ? downloadBytes / 10 : noise;
    assert.ok(fromServers <= most, `${fromServers} ${unit} came to the director beside the client's`);
  }
}

interface Count {
  readonly bytes: number;
  readonly packets: number;
}

function counts(lab: Lab): { director: Count; sent: Count; received: Count } {
  const client = lab.client.namespace.counter('eth0');
  let director: Count = { bytes: 0, packets: 0 };
  for (const [link, { rxBytes, rxPackets }] of lab.director.namespace.counters()) {
    if (!link.startsWith('eth')) continue;
    director = { bytes: director.bytes + rxBytes, packets: director.packets + rxPackets };
  }
  return {
    director,
    sent: { bytes: client.txBytes, packets: client.txPackets },
    received: { bytes: client.rxBytes, packets: client.rxPackets },
  };
}

async function downloadOnce(lab: Lab, target: Target): Promise<void> {
  const held = await hold(lab.client, target);
  await held.download(downloadBytes);
  await held.close();
}
