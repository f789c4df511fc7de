/** An Elasticsearch or OpenSearch node is well when it answers for its cluster, whose status is good enough. */
import { formatEndpoint } from '../../base/ip.js';
import type { ElasticsearchCheck } from '../../model/health-check.js';
import type { ProbeSockets, ProbeTarget } from '../net/sockets.js';
import type { Checker, ProbeResult } from '../types.js';
import { failure, printable } from './failure.js';
import { basicCredentials, HttpExchange, type HttpAnswer } from './http-exchange.js';
import { TlsUpgrade } from './secure.js';

/** The part of the check that a probe needs. */
export type ElasticsearchSettings = Pick<
  ElasticsearchCheck,
  'credentials' | 'tls' | 'clusterStatus' | 'clusterName'
>;

/** From the worst to the best. */
const STATUSES = ['red', 'yellow', 'green'] as const;

/** Local: what this very node knows, whatever becomes of the cluster's master meanwhile. */
const PATH = '/_cluster/health?local=true';
const LONGEST_NAME = 60;

/** One request a probe. */
export class ElasticsearchChecker implements Checker {
  readonly #exchange: HttpExchange;
  readonly #settings: ElasticsearchSettings;
  readonly #subject: string;

  constructor(sockets: ProbeSockets, target: ProbeTarget, settings: ElasticsearchSettings) {
    const { credentials, tls } = settings;
    const { username, password } = credentials;
    const host = tls?.serverName ?? null;
    this.#settings = settings;
    this.#subject = `elasticsearch ${formatEndpoint(target.address, target.port)}`;
    this.#exchange = new HttpExchange(sockets, target, {
      method: 'GET',
      path: PATH,
      headers: {
        'user-agent': 'lvsd',
        accept: 'application/json',
        ...(host === null ? {} : { host }),
        ...(username === null
          ? {}
          : { authorization: basicCredentials({ username, password: password ?? '' }) }),
      },
      upgrade: tls === null ? null : new TlsUpgrade(tls, host, ['http/1.1']),
      readsBody: (status) => status === 200,
    });
  }

  async probe(signal: AbortSignal): Promise<ProbeResult> {
    try {
      const health = healthOf(await this.#exchange.ask(signal));
      return { ok: true, detail: this.#judge(health) };
    } catch (thrown) {
      return failure(this.#subject, thrown);
    }
  }

  /** @throws Error */
  #judge({
    cluster_name: name,
    status,
    timed_out: late,
    ...health
  }: Readonly<Record<string, unknown>>): string {
    const { clusterName, clusterStatus } = this.#settings;
    if (clusterName !== null && name !== clusterName)
      throw new Error(`is in the cluster ${show(name)}, wanted ${show(clusterName)}`);
    // OpenSearch says so; Elasticsearch calls its cluster red then.
    if (
      late === true ||
      health['discovered_cluster_manager'] === false ||
      health['discovered_master'] === false
    )
      throw new Error('knows no master of its cluster');
    const rank = STATUSES.findIndex((each) => each === status);
    if (rank < 0) throw new Error(`the answer has no status of a cluster, got ${show(status)}`);
    if (rank < STATUSES.indexOf(clusterStatus))
      throw new Error(
        `cluster status ${String(status)}, wanted ${clusterStatus}${rank === 0 ? ', or it knows no master' : ''}`,
      );
    return `cluster status ${String(status)}`;
  }
}

/** @throws Error */
function healthOf({ status, body, whole }: HttpAnswer): Readonly<Record<string, unknown>> {
  if (status === 401) throw new Error('status 401: the user name or password is wrong, or missing');
  if (status === 403) throw new Error('status 403: its user needs the cluster privilege "monitor"');
  if (status !== 200) throw new Error(`status ${status}, expected 200`);
  if (!whole) throw new Error('the answer is too long');
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw new Error('the answer is no JSON', { cause: error });
  }
  if (typeof parsed !== 'object' || parsed === null) throw new Error('the answer is no JSON object');
  return parsed as Readonly<Record<string, unknown>>;
}

function show(value: unknown): string {
  return typeof value === 'string' ? `"${printable(value, LONGEST_NAME)}"` : 'none';
}
