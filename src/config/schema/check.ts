/** How a server is watched: one form a type of check. */
import { z } from 'zod';
import { dnsCheck } from './checks/dns.js';
import { elasticsearchCheck } from './checks/elasticsearch.js';
import { execCheck } from './checks/exec.js';
import { externalCheck } from './checks/external.js';
import { fileCheck } from './checks/file.js';
import { httpCheck } from './checks/http.js';
import { icmpCheck } from './checks/icmp.js';
import { mongodbCheck } from './checks/mongodb.js';
import { mysqlCheck } from './checks/mysql.js';
import { postgresqlCheck } from './checks/postgresql.js';
import { redisCheck } from './checks/redis.js';
import { smtpCheck } from './checks/smtp.js';
import { tcpCheck } from './checks/tcp.js';
import { tlsCheck } from './checks/tls.js';
import { udpCheck } from './checks/udp.js';
import { choice } from './fields.js';

/** The common ones first: the forms are tried one after the other. */
export const checkSchema = z.union([
  z.strictObject({ type: choice(['none']).describe('No check: the server counts as up.') }),
  tcpCheck,
  httpCheck,
  tlsCheck,
  udpCheck,
  dnsCheck,
  icmpCheck,
  smtpCheck,
  redisCheck,
  postgresqlCheck,
  mysqlCheck,
  mongodbCheck,
  elasticsearchCheck,
  execCheck,
  fileCheck,
  externalCheck,
]);

export type CheckConfig = z.output<typeof checkSchema>;
export type { HttpCheckConfig } from './checks/http.js';
