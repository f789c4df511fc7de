/** Routes as far as a director needs them: list, add and delete a simple one. */
import type { AddressFamily } from '../inet/address.js';
import type { NetlinkConnection } from '../netlink/connection.js';
import { NLM_F_APPEND, NLM_F_CREATE, NLM_F_EXCL } from '../netlink/constants.js';
import { RT_TABLE_MAIN, RTM_DELROUTE, RTM_GETROUTE, RTM_NEWROUTE } from './constants.js';
import { change, list } from './request.js';
import {
  decodeRoute,
  decodeSavedRoute,
  encodeRoute,
  encodeRouteKey,
  encodeRouteQuery,
  encodeSavedRoute,
} from './route-codec.js';
import type { Route, RouteConfig, SavedRoute } from './types.js';

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
 * Adds an IPv4 route before those to the same destination with the same metric, which stay, but have no say while this one is
 * there. Of IPv6 it joins them as one more next hop: give another metric there.
 *
 * @throws RtnetlinkError as `addRoute`; `_ROUTE_EXISTS` only where it is this very one
 */
export function prependRoute(connection: NetlinkConnection, route: RouteConfig): void {
  change(connection, {
    operation: 'add-route',
    subject: formatRoute(route),
    type: RTM_NEWROUTE,
    flags: NLM_F_CREATE,
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

/**
 * Gives the routes as `listRoutes` does, each with all that the kernel says of it, so that it can be deleted and made again as it was:
 * metrics, several next hops and protocol included.
 *
 * @throws RtnetlinkError; CodecError; SyscallError
 */
export function saveRoutes(connection: NetlinkConnection, filter: RouteFilter = {}): SavedRoute[] {
  const { family = null, table = RT_TABLE_MAIN } = filter;
  const routes = list(
    connection,
    {
      operation: 'list-routes',
      subject: '',
      type: RTM_GETROUTE,
      encode: (writer) => encodeRouteQuery(writer, family),
    },
    decodeSavedRoute,
  );
  return table === null ? routes : routes.filter(({ route }) => route.table === table);
}

/**
 * Makes a route again. Of IPv4 it comes behind others to the same destination with the same metric.
 *
 * @throws RtnetlinkError as `addRoute`
 */
export function restoreRoute(connection: NetlinkConnection, { route, bytes }: SavedRoute): void {
  change(connection, {
    operation: 'add-route',
    subject: formatSavedRoute(route),
    type: RTM_NEWROUTE,
    flags: NLM_F_CREATE | NLM_F_APPEND,
    encode: (writer) => encodeSavedRoute(writer, bytes),
  });
}

/** Deletes this very route. @throws RtnetlinkError as `deleteRoute` */
export function deleteSavedRoute(connection: NetlinkConnection, { route, bytes }: SavedRoute): void {
  change(connection, {
    operation: 'delete-route',
    subject: formatSavedRoute(route),
    type: RTM_DELROUTE,
    encode: (writer) => encodeSavedRoute(writer, bytes),
  });
}

function formatSavedRoute({ destination, prefixLength, nextHops }: Route): string {
  const [hop] = nextHops;
  const { gateway = null, index = null } = hop ?? {};
  return formatRoute({
    destination,
    prefixLength,
    ...(gateway === null ? {} : { gateway }),
    ...(index === null ? {} : { index }),
  });
}

function formatRoute({ destination, prefixLength, gateway, index }: RouteConfig): string {
  const via = gateway === undefined ? '' : ` via ${gateway}`;
  return `${destination}/${prefixLength}${via}${index === undefined ? '' : ` on interface ${index}`}`;
}
