import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { describe, it } from 'node:test';
import type { TlsOptions } from 'node:tls';
import { ElasticsearchChecker, type ElasticsearchSettings } from '../../src/health/checkers/elasticsearch.js';
import { plainSockets } from '../../src/health/net/sockets.js';
import { skipWithout } from '../support/require-tool.js';
import { createCertificates } from './support/certificates.js';
import { withServer } from './support/loopback.js';
import { tlsSettings } from './support/settings.js';
import { asking, wordsOf } from './support/verdict.js';

const settings: ElasticsearchSettings = {
  credentials: { username: null, password: null },
  tls: null,
  clusterStatus: 'yellow',
  clusterName: null,
};

/** As a node of version 8 answers. */
const health = {
  cluster_name: 'logs',
  status: 'green',
  timed_out: false,
  number_of_nodes: 3,
  number_of_data_nodes: 3,
  active_primary_shards: 12,
  active_shards: 24,
  relocating_shards: 0,
  initializing_shards: 0,
  unassigned_shards: 0,
  active_shards_percent_as_number: 100,
};

/** A node: `PATH?QUERY -> status, body`. Whoever gives no password is turned away where there is one. */
function node(answer: object | string, { status = 200, password = '' } = {}): (socket: Socket) => void {
  return (socket) => {
    socket.once('data', (request: Buffer) => {
      const [line = '', ...headers] = request.toString('latin1').split('\r\n');
      const wanted = `authorization: Basic ${Buffer.from(`lvsd:${password}`).toString('base64')}`;
      const isKnown = password === '' || headers.includes(wanted);
      const isHealth = line.startsWith('GET /_cluster/health?local=true HTTP/1.1');
      const code = !isKnown ? 401 : isHealth ? status : 404;
      const body =
        isKnown && isHealth ? (typeof answer === 'string' ? answer : JSON.stringify(answer)) : '{}';
      socket.end(
        `HTTP/1.1 ${code} X\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
      );
    });
  };
}

const ask = asking<ElasticsearchSettings>(
  (port, more) =>
    new ElasticsearchChecker(plainSockets, { address: '127.0.0.1', port }, { ...settings, ...more }),
);

async function verdict(
  serve: (socket: Socket) => void,
  more: Partial<ElasticsearchSettings> = {},
  { timeoutMs = 5000, tls }: { readonly timeoutMs?: number; readonly tls?: TlsOptions } = {},
): Promise<string> {
  let words = '';
  const take = async ({ port }: { readonly port: number }): Promise<void> => {
    words = wordsOf(await ask(port, more, timeoutMs));
  };
  await withServer(serve, take, tls === undefined ? {} : { tls });
  return words;
}

describe('ElasticsearchChecker', () => {
  const statuses: { is: string; wanted: 'green' | 'yellow' | 'red'; words: string }[] = [
    { is: 'green', wanted: 'green', words: 'up: cluster status green' },
    { is: 'yellow', wanted: 'yellow', words: 'up: cluster status yellow' },
    { is: 'yellow', wanted: 'green', words: 'cluster status yellow, wanted green' },
    { is: 'red', wanted: 'yellow', words: 'cluster status red, wanted yellow, or it knows no master' },
    { is: 'red', wanted: 'red', words: 'up: cluster status red' },
    { is: 'purple', wanted: 'red', words: 'the answer has no status of a cluster, got "purple"' },
  ];
  for (const { is, wanted, words } of statuses)
    it(`judges ${is} where ${wanted} is wanted`, async () => {
      assert.equal(await verdict(node({ ...health, status: is }), { clusterStatus: wanted }), words);
    });

  it('fails a node that knows no master, whatever the status', async () => {
    for (const missing of [
      { discovered_master: false },
      { discovered_cluster_manager: false },
      { timed_out: true },
    ])
      assert.equal(
        await verdict(node({ ...health, ...missing }), { clusterStatus: 'red' }),
        'knows no master of its cluster',
      );
    assert.equal(await verdict(node({ ...health, discovered_master: true })), 'up: cluster status green');
  });

  it('compares the name of the cluster', async () => {
    assert.equal(await verdict(node(health), { clusterName: 'logs' }), 'up: cluster status green');
    assert.equal(
      await verdict(node(health), { clusterName: 'shop' }),
      'is in the cluster "logs", wanted "shop"',
    );
  });

  it('gives its user name and password, and says what a refusal means', async () => {
    const serve = node(health, { password: 'geheim' });
    const credentials = { username: 'lvsd', password: 'geheim' };
    assert.equal(await verdict(serve, { credentials }), 'up: cluster status green');
    assert.equal(await verdict(serve), 'status 401: the user name or password is wrong, or missing');
    assert.equal(
      await verdict(node(health, { status: 403 })),
      'status 403: its user needs the cluster privilege "monitor"',
    );
  });

  it('fails strange answers', async () => {
    assert.equal(await verdict(node({}, { status: 503 })), 'status 503, expected 200');
    assert.equal(await verdict(node('<html>')), 'the answer is no JSON');
    assert.equal(await verdict(node('[1]')), 'the answer has no status of a cluster, got none');
    assert.equal(await verdict(node('7')), 'the answer is no JSON object');
    assert.equal(await verdict(node(`"${'x'.repeat(70_000)}"`)), 'the answer is too long');
    assert.equal(await verdict(() => undefined, {}, { timeoutMs: 100 }), 'response: timeout after 100ms');
  });

  it('speaks TLS when told', { skip: skipWithout('openssl', 'apt-get install openssl') }, async () => {
    const certificates = createCertificates();
    try {
      const tls = { ...tlsSettings, authorities: readFileSync(certificates.authorityFile, 'utf8') };
      const told = (serverName: string | null): Promise<string> =>
        verdict(node(health), { tls: { ...tls, serverName } }, { tls: certificates.valid });
      assert.equal(await told('shop.example'), 'up: cluster status green');
      assert.equal(await told(null), 'up: cluster status green');
      assert.match(await told('evil.example'), /^TLS: Host: evil\.example\. is not in/);
    } finally {
      certificates.remove();
    }
  });
});
