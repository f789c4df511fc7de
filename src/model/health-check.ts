/** What the file says about watching a server. Execution is src/health's. */
import type { WantedRole } from './role.js';

import type { ServiceKey } from './keys.js';

/** When to probe and how many results in a row change a verdict. */
export interface CheckTiming {
  /** From the start of one probe to the next, while nothing is changing and the server is up. */
  readonly intervalMs: number;
  /** The same while results contradict the opinion. */
  readonly fastIntervalMs: number;
  /** The same while the server is down. */
  readonly downIntervalMs: number;
  readonly timeoutMs: number;
  /** Good results in a row that bring a server up, at least 1. */
  readonly rise: number;
  /** Bad results in a row that take a server down, at least 1. */
  readonly fall: number;
  /** Each interval is changed at random by up to this share, 0..0.5. */
  readonly jitter: number;
}

/** An inclusive range of HTTP status codes. */
export interface StatusRange {
  readonly first: number;
  readonly last: number;
}

/** What an answer must hold. */
export type Expectation =
  /** These bytes somewhere in it; one character a byte, U+0000..U+00FF. */
  | { readonly literal: string }
  /** A match in its text (UTF-8); RE2's syntax, so that no pattern takes more than linear time. */
  | { readonly regex: string; readonly ignoreCase: boolean };

/** How a probe judges the other end of a TLS connection, and what it shows of itself. */
export interface TlsSettings {
  /** The certificate's chain, dates and name are verified. */
  readonly verify: boolean;
  /** Name for SNI and in the certificate; null = the server's address, without SNI. */
  readonly serverName: string | null;
  /** PEM of the authorities that are trusted instead of the usual ones; null = the usual ones. */
  readonly authorities: string | null;
  /** PEM; null = no certificate of one's own. `privateKey` is a secret and must never be printed. */
  readonly client: { readonly certificate: string; readonly privateKey: string } | null;
}

/** From where probes are sent; something of it is given. */
export interface ProbeSource {
  /** An address of this host. */
  readonly address: string | null;
  readonly interface: string | null;
  /** Firewall mark, 1..2^32-1. */
  readonly mark: number | null;
}

/** The way of a client: to the service's address, and from there to one server by its forwarding method. */
export interface VipPath {
  readonly service: ServiceKey;
  /** Canonical text. */
  readonly address: string;
  /** 1..65535. */
  readonly port: number;
}

/** What checks that ask a port have in common. */
interface PortCheck {
  readonly timing: CheckTiming;
  /** Absent: as the system's routes have it. */
  readonly source?: ProbeSource;
  /** null = the server's own port. */
  readonly port: number | null;
  /** Absent: to the server's own address. With it the source has an address at most. */
  readonly vip?: VipPath;
}

/** A connection is accepted and, if told, what comes after `send` holds `expect`. */
export interface TcpCheck extends PortCheck {
  readonly type: 'tcp';
  /** One character a byte; null = nothing is sent. May hold a password: never printed. */
  readonly send: string | null;
  readonly expect: Expectation | null;
  /** So much of the answer is looked at, 1..65536. */
  readonly maxBytes: number;
}

/** A TLS handshake ends well. */
export interface TlsCheck extends PortCheck {
  readonly type: 'tls';
  readonly tls: TlsSettings;
  /** A certificate that ends within this time is told of; 0 = never. */
  readonly expiresWithinMs: number;
  /** The protocol that must be agreed on; null = none is asked for. */
  readonly alpn: string | null;
}

/** A request is answered with an expected status and, if told, an expected body. */
export interface HttpCheck extends PortCheck {
  readonly type: 'http' | 'https';
  readonly method: 'GET' | 'HEAD' | 'OPTIONS' | 'POST';
  readonly path: string;
  /** Host header and, with https, the name in the certificate and in SNI; null = the server's address. */
  readonly host: string | null;
  /** Values may be secret: never printed. */
  readonly headers: Readonly<Record<string, string>>;
  readonly expectStatus: readonly StatusRange[];
  readonly expectBody: Expectation | null;
  readonly expectJson: JsonExpectation | null;
  /** https; its name is that of `host`. */
  readonly tls: Omit<TlsSettings, 'serverName'>;
  /** Sent with every probe; `password` is a secret and must never be printed. */
  readonly basicAuth: { readonly username: string; readonly password: string } | null;
}

/** One value in a JSON document. */
export interface JsonExpectation {
  /** Names of members and positions in lists, from the root. */
  readonly path: readonly (string | number)[];
  /** null = any value, null among them. */
  readonly equals: { readonly value: string | number | boolean | null } | null;
}

/** A datagram is answered. */
export interface UdpCheck extends PortCheck {
  readonly type: 'udp';
  /** As of tcp; an empty datagram is possible. */
  readonly send: string;
  readonly expect: Expectation | null;
  /** `optional`: silence is well, an ICMP error is not. */
  readonly reply: 'required' | 'optional';
}

/** The types of records that a dns check may ask for. */
export const DNS_QUERY_TYPES = ['A', 'AAAA', 'CNAME', 'MX', 'NS', 'PTR', 'SOA', 'SRV', 'TXT'] as const;

export const DNS_RCODES = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'] as const;

/** A question is answered. */
export interface DnsCheck extends PortCheck {
  readonly type: 'dns';
  /** Without the dot at the end; `.` is the root. */
  readonly name: string;
  readonly queryType: (typeof DNS_QUERY_TYPES)[number];
  readonly rcode: (typeof DNS_RCODES)[number];
  /** One record at least has this content; null = any. */
  readonly answer: Expectation | null;
  readonly transport: 'udp' | 'tcp';
  readonly recursion: boolean;
}

/** An ICMP echo request is answered. */
export interface IcmpCheck {
  readonly type: 'icmp';
  readonly timing: CheckTiming;
  /** Of the request's payload, 16..1472. */
  readonly payloadBytes: number;
}

/** A mail server greets and knows itself. */
export interface SmtpCheck extends PortCheck {
  readonly type: 'smtp';
  /** What the director calls itself in EHLO. */
  readonly heloName: string;
  /** Null = no STARTTLS. */
  readonly startTls: TlsSettings | null;
}

/** Who a probe says it is. */
export interface Credentials {
  /** null = whom the server takes for nobody in particular. */
  readonly username: string | null;
  /** A secret that must never be printed; null = none. */
  readonly password: string | null;
}

/** What the checks of databases have in common: the server answers, and says which part it has. */
export interface DatabaseCheck extends PortCheck {
  readonly credentials: Credentials;
  /** Null = no TLS. */
  readonly tls: TlsSettings | null;
  readonly role: WantedRole;
  /** A replica that is further behind has failed; null = any lag is well. */
  readonly maxLagMs: number | null;
}

/** A Redis server answers. */
export interface RedisCheck extends DatabaseCheck {
  readonly type: 'redis';
}

/** A PostgreSQL server answers a query. */
export interface PostgresqlCheck extends DatabaseCheck {
  readonly type: 'postgresql';
  readonly database: string;
  readonly credentials: Credentials & { readonly username: string };
}

/** A MySQL or MariaDB server answers. */
export interface MysqlCheck extends DatabaseCheck {
  readonly type: 'mysql' | 'mariadb';
  /** null = none is chosen. */
  readonly database: string | null;
  /** Whether a member of a Galera cluster serves while it feeds another. */
  readonly donor: 'up' | 'down';
}

/** A MongoDB server answers. */
export interface MongodbCheck extends DatabaseCheck {
  readonly type: 'mongodb';
  /** Where its user is kept. */
  readonly authDatabase: string;
  /** null = any, or none. */
  readonly replicaSet: string | null;
}

/** A node of Elasticsearch or OpenSearch answers for its cluster. */
export interface ElasticsearchCheck extends PortCheck {
  readonly type: 'elasticsearch';
  readonly credentials: Credentials;
  /** Null = no TLS. */
  readonly tls: TlsSettings | null;
  /** A worse one is a failure. */
  readonly clusterStatus: 'green' | 'yellow' | 'red';
  /** null = any. */
  readonly clusterName: string | null;
}

/** A program ends with exit code 0. */
export interface ExecCheck {
  /** Exit codes 2..255 are well, too, and set the weight to the code less 2. */
  readonly dynamicWeight?: true;
  readonly type: 'exec';
  readonly timing: CheckTiming;
  /** Port that the program is told of; null = the server's own. */
  readonly port: number | null;
  /** Program (absolute path) and arguments; `{address}` and `{port}` in arguments stand for the server's. No shell. */
  readonly command: readonly string[];
}

/** A file of the director says so. */
export interface FileCheck {
  readonly type: 'file';
  readonly timing: CheckTiming;
  /** Absolute; `{address}`, `{port}` and `{name}` stand for the server's. */
  readonly path: string;
  /**
   * `flag`: the file is there = down. `state`: its first word is `up` or `down`. `weight`: that, a weight (`40`), or a
   * share of the file's (`75%`).
   */
  readonly mode: 'flag' | 'state' | 'weight';
}

/** Somebody else looks at the server and tells by the control socket. */
export interface ExternalCheck {
  readonly type: 'external';
  readonly timing: CheckTiming;
  /** A result that is older counts for nothing: the server has failed. */
  readonly ttlMs: number;
}

export type HealthCheck =
  /** Always up. */
  | { readonly type: 'none' }
  | TcpCheck
  | TlsCheck
  | HttpCheck
  | UdpCheck
  | DnsCheck
  | IcmpCheck
  | SmtpCheck
  | RedisCheck
  | PostgresqlCheck
  | MysqlCheck
  | MongodbCheck
  | ElasticsearchCheck
  | ExecCheck
  | FileCheck
  | ExternalCheck;

/** A check that has something to do. */
export type ActiveCheck = Exclude<HealthCheck, { readonly type: 'none' }>;
