/** Every check, in the order in which a packet would meet what they look at. */
import type { DoctorCheck } from '../types.js';
import { connectionTable } from './connection-table.js';
import { connectionTracking } from './connection-tracking.js';
import { controllers } from './controllers.js';
import { descriptors } from './descriptors.js';
import { gatewayReplies } from './gateway-replies.js';
import { ipv6 } from './ipv6.js';
import { modules } from './kernel.js';
import { kernelSettings } from './kernel-settings.js';
import { links } from './links.js';
import { localServers } from './local-servers.js';
import { marks } from './marks.js';
import { natGateway } from './nat-gateway.js';
import { natNetwork } from './nat-network.js';
import { packetFilter } from './packet-filter.js';
import { ports } from './ports.js';
import { privileges } from './privileges.js';
import { reversePath } from './reverse-path.js';
import { serverAnswers } from './server-answers.js';
import { serverRoutes } from './server-routes.js';
import { time } from './time.js';
import { tunnelSize } from './tunnel-size.js';
import { vipAddress } from './vip-address.js';
import { vipOwner } from './vip-owner.js';

export const checks: readonly DoctorCheck[] = [
  privileges,
  modules,
  links,
  vipAddress,
  vipOwner,
  reversePath,
  packetFilter,
  marks,
  ports,
  kernelSettings,
  ipv6,
  serverRoutes,
  serverAnswers,
  natNetwork,
  natGateway,
  gatewayReplies,
  localServers,
  tunnelSize,
  connectionTracking,
  connectionTable,
  controllers,
  descriptors,
  time,
];
