/**
 * An example of an own scheduler for the userspace plane: all connections go to the first server, in the order in
 * which servers were added, that is neither quiesced (weight 0) nor overloaded; the next one is its stand-by.
 *
 * A module's default export makes one scheduler for one service. The director calls
 *   added(server)    a server was added; its weight and flags are set already
 *   edited(server)   its weight or thresholds changed in place
 *   removed(server)  it is gone; the same object may be added again later
 *   pick(flow, nowMs)  the server for a new connection, one of the objects given to `added`; null = nobody
 * A server is { family, address, port, weight, activeConnections, inactiveConnections, upperThreshold,
 * lowerThreshold, overloaded }, a flow is { family, source, sourcePort, destination, destinationPort, protocol }.
 * Both are the director's: read them, never write them. pick runs for every connection: be quick.
 *
 * To be loaded, the file lies in /etc/lvsd/schedulers, belongs to root and is writable by root alone;
 * for trials start with --allow-module.
 */
export default function firstUsable() {
  const servers = [];
  return {
    added: (server) => {
      servers.push(server);
    },
    edited: () => {},
    removed: (server) => {
      servers.splice(servers.indexOf(server), 1);
    },
    pick: () => servers.find((server) => server.weight > 0 && !server.overloaded) ?? null,
  };
}
