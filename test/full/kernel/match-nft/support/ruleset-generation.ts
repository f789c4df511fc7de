/** Counts the transactions on a namespace's nf_tables: the kernel numbers the ruleset anew with each one that it takes. */
import { NetlinkConnection } from '../../../../../native/netlink/connection.js';
import { SocketTransport } from '../../../../../native/netlink/socket-transport.js';
import type { Namespace } from '../../../../kernel/lab/namespace.js';

const NETLINK_NETFILTER = 12;
const NFNL_SUBSYS_NFTABLES = 10;
const NFT_MSG_GETGEN = 16;
/** nfgenmsg (family, version, resource), which stands before all attributes. */
const headerBytes = 4;

/** Number of the ruleset as it is; each transaction adds 1. */
export function rulesetGeneration(namespace: Namespace): number {
  return namespace.within(() => {
    const connection = new NetlinkConnection(SocketTransport.open(NETLINK_NETFILTER));
    try {
      const [generation = 0] = connection.request(
        {
          operation: 'number of the ruleset',
          type: NFNL_SUBSYS_NFTABLES * 256 + NFT_MSG_GETGEN,
          encode: (writer) => writer.zeros(headerBytes),
        },
        // NFTA_GEN_ID comes first: its header, then the number in network byte order
        ({ payload }) => Buffer.from(payload).readUInt32BE(headerBytes + 4),
      );
      return generation;
    } finally {
      connection.close();
    }
  });
}
