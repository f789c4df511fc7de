/** Routes as far as a director needs them: list, add and delete a simple one. */
import type { AddressFamily } from '../inet/address.js';
import type { NetlinkConnection } from '../netlink/connection.js';
import { NLM_F_CREATE, NLM_F_EXCL } from '../netlink/constants.js';
import { RT_TABLE_MAIN, RTM_DELROUTE, RTM_GETROUTE, RTM_NEWROUTE } from './constants.js';
import { change, list } from './request.js';
import { decodeRoute, encodeRoute, encodeRouteKey, encodeRouteQuery } from './route-codec.js';
import type { Route, RouteConfig } from './types.js';

/** What to list. */
export interface RouteFilter {
  /** Default both. */
  readonly family?: AddressFamily;
  /** Default `RT_TABLE_MAIN`; null is every table. */
  readonly table?: number | null;
}

/** Gives the routes of this network namespace in the kernel's order. @throws RtnetlinkError; CodecError; SyscallError */
export function listRoutes(connection: NetlinkConnection, filter: RouteFilter = {}): Route[] {
  const { family = null, table = RT_TABLE_MAIN } = filter;
  const routes = list(
    connection,
    {
      operation: 'list-routes',
      subject: '',
      type: RTM_GETROUTE,
      encode: (writer) => encodeRouteQuery(writer, family),
    },
    decodeRoute,
  );
  return table === null ? routes : routes.filter((route) => route.table === table);
}

/**
 * Adds a route; it counts as static.
 *
 * @throws RtnetlinkError `ERR_RTNETLINK_ROUTE_EXISTS` for one to the same destination with the same metric,
 *   `_GATEWAY_UNREACHABLE`, `_LINK_UNKNOWN`, `_IPV6_DISABLED`, `_PERMISSION`, `_INVALID`
 */
export function addRoute(connection: NetlinkConnection, route: RouteConfig): void {
  change(connection, {
    operation: 'add-route',
    subject: formatRoute(route),
    type: RTM_NEWROUTE,
    flags: NLM_F_CREATE | NLM_F_EXCL,
    encode: (writer) => encodeRoute(writer, route),
  });
}

/**
 * Deletes the first unicast route that has everything that `route` names.
 *
 * Of IPv6 the kernel does not compare the type: without a gateway and an index it may be one that leads nowhere.
 *
 * @throws RtnetlinkError `ERR_RTNETLINK_ROUTE_UNKNOWN`, `_PERMISSION`, `_INVALID`
 */
export function deleteRoute(connection: NetlinkConnection, route: RouteConfig): void {
  change(connection, {
    operation: 'delete-route',
    subject: formatRoute(route),
    type: RTM_DELROUTE,
    encode: (writer) => encodeRouteKey(writer, route),
  });
}

function formatRoute({ destination, prefixLength, gateway, index }: RouteConfig): string {
  const via = gateway === undefined ? '' : ` via ${gateway}`;
  return `${destination}/${prefixLength}${via}${index === undefined ? '' : ` on interface ${index}`}`;
}
