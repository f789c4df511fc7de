/** `type: elasticsearch`. */
import { z } from 'zod';
import { choice, pattern } from '../fields.js';
import { optionalTlsKeys, passwordKeys, username } from './credentials.js';
import { source } from './source.js';
import { port, timing } from './timing.js';

export const elasticsearchCheck = z.strictObject({
  type: choice(['elasticsearch']).describe(
    'Up when a node of Elasticsearch or OpenSearch answers for its cluster, by HTTP.',
  ),
  ...timing,
  ...port,
  ...source,
  cluster_status: choice(['green', 'yellow', 'red'])
    .prefault('yellow')
    .describe('green | yellow | red: the worst status of the cluster that is well. Default: yellow.'),
  cluster_name: pattern('bad-cluster-name', /^[^\p{Cc}]{1,255}$/u, 'the name of a cluster')
    .optional()
    .describe('Cluster that the node must be in. Default: any.'),
  username: username().optional().describe('User of basic authentication. Default: none.'),
  ...passwordKeys,
  ...optionalTlsKeys,
});
