/** From a check in the file to the checker that carries it out. The only place that knows all kinds. */
import type { RealServer } from '../../model/real-server.js';
import type { Checker, Question } from '../types.js';
import { SourcedChecker } from '../net/sourced-checker.js';
import { TruePathChecker } from '../net/true-path-checker.js';
import { AgentChecker } from './agent.js';
import { DnsChecker } from './dns.js';
import { ElasticsearchChecker } from './elasticsearch.js';
import { ExecChecker } from './exec.js';
import { ExternalChecker } from './external.js';
import { FileChecker } from './file.js';
import { HttpChecker } from './http.js';
import { IcmpChecker } from './icmp.js';
import { MongodbChecker } from './mongodb.js';
import { MysqlChecker } from './mysql.js';
import { fillPlaceholders } from './placeholders.js';
import { PostgresqlChecker } from './postgresql.js';
import { RedisChecker } from './redis.js';
import { SmtpChecker } from './smtp.js';
import { TcpChecker } from './tcp.js';
import { TlsChecker } from './tls.js';
import { systemTools, type CheckerTools } from './tools.js';
import { UdpChecker } from './udp.js';

/** Builds the checker of one server; the check's own port wins over the server's. */
export function createChecker(
  check: Question,
  server: RealServer,
  tools: CheckerTools = systemTools,
): Checker {
  if ('vip' in check) {
    const { vip, source, ...plain } = check;
    const asked = { ...server, address: vip.address, port: vip.port };
    return new TruePathChecker({
      vip,
      server,
      sourceAddress: source?.address ?? null,
      paths: tools.paths,
      make: (sockets) => createChecker(plain, asked, { ...tools, sockets }),
    });
  }
  if ('source' in check) {
    const { source, ...plain } = check;
    return new SourcedChecker(source, (sockets) => createChecker(plain, server, { ...tools, sockets }));
  }
  const { sockets, clock, external } = tools;
  const { address, name } = server;
  const target = { address, port: ('port' in check ? check.port : null) ?? server.port };
  switch (check.type) {
    case 'tcp':
      return new TcpChecker(sockets, target, check);
    case 'tls':
      return new TlsChecker(tools, target, check);
    case 'http':
    case 'https':
      return new HttpChecker(sockets, target, check);
    case 'udp':
      return new UdpChecker(tools, target, { ...check, silenceMs: check.timing.timeoutMs / 2 });
    case 'dns':
      return new DnsChecker(tools, target, check);
    case 'icmp':
      return new IcmpChecker(tools, address, check.payloadBytes);
    case 'smtp':
      return new SmtpChecker(sockets, target, check);
    case 'redis':
      return new RedisChecker(sockets, target, check);
    case 'postgresql':
      return new PostgresqlChecker(sockets, target, check);
    case 'mysql':
    case 'mariadb':
      return new MysqlChecker(sockets, target, check);
    case 'mongodb':
      return new MongodbChecker(sockets, target, { ...check, timeoutMs: check.timing.timeoutMs });
    case 'elasticsearch':
      return new ElasticsearchChecker(sockets, target, check);
    case 'exec': {
      const command = check.command.map((word) => fillPlaceholders(word, { ...target, name }));
      return new ExecChecker({ command, ...target, name, dynamicWeight: check.dynamicWeight === true });
    }
    case 'file':
      return new FileChecker({
        mode: check.mode,
        path: fillPlaceholders(check.path, { ...target, name }),
      });
    case 'agent':
      return new AgentChecker(sockets, target, check.send);
    case 'external':
      return new ExternalChecker(external, clock, server.key, check.ttlMs);
  }
}
