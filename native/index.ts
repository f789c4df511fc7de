/**
 * `lvsd/native`: the kernel's IPVS and network interfaces for Node, over netlink and the C library. It knows nothing of
 * lvsd's configuration, and does not log.
 */
export { IpvsClient } from './ipvs/client.js';
export { IpvsError, ipvsErrorCode } from './ipvs/errors.js';
export type { IpvsErrorCode, IpvsQuery } from './ipvs/errors.js';
export { formatDestinationKey, formatServiceKey } from './ipvs/keys.js';
export type { IpvsTable } from './ipvs/table.js';
export type * from './ipvs/types.js';
export {
  IP_VS_SVC_F_HASHED,
  IP_VS_SVC_F_ONEPACKET,
  IP_VS_SVC_F_PERSISTENT,
  IP_VS_SVC_F_SCHED1,
  IP_VS_SVC_F_SCHED2,
  IP_VS_SVC_F_SCHED3,
  IPPROTO_SCTP,
  IPPROTO_TCP,
  IPPROTO_UDP,
} from './ipvs/constants.js';
export { familyOf, formatAddress, parseAddress } from './inet/address.js';
export { SyscallError } from './libc/errno.js';
export type { SyscallErrorDetails } from './libc/errno.js';
export { openDescriptors } from './libc/descriptor.js';
export { enterNetworkNamespace, enterNewNetworkNamespace, inNewNetworkNamespace } from './libc/namespace.js';
export { NetlinkConnection } from './netlink/connection.js';
export type { ConnectionLimits } from './netlink/connection.js';
export { CodecError, NetlinkError } from './netlink/errors.js';
export type { CodecErrorDetails, NetlinkErrorCode, NetlinkErrorDetails } from './netlink/errors.js';
export { SocketTransport } from './netlink/socket-transport.js';
export type { NetlinkMessage } from './netlink/message.js';
export type { NetlinkRequest } from './netlink/request.js';
export { NETLINK_GENERIC, NETLINK_ROUTE } from './netlink/constants.js';
export type { Transport } from './netlink/transport.js';
export { listFamilies, resolveFamily } from './genetlink/family.js';
export type { GenericFamily, GenericOperation } from './genetlink/family.js';
export { openRtnetlink } from './rtnetlink/request.js';
export { addAddress, deleteAddress, listAddresses, replaceAddress } from './rtnetlink/addresses.js';
export type { AddressFilter } from './rtnetlink/addresses.js';
export {
  createLink,
  deleteLink,
  linkByIndex,
  linkByName,
  listLinks,
  setLinkState,
} from './rtnetlink/links.js';
export {
  addRoute,
  deleteRoute,
  deleteSavedRoute,
  listRoutes,
  prependRoute,
  restoreRoute,
  saveRoutes,
} from './rtnetlink/routes.js';
export type { RouteFilter } from './rtnetlink/routes.js';
export { lookupRoute } from './rtnetlink/route-lookup.js';
export { FouPorts, hasFouPorts, openFouPorts } from './fou/ports.js';
export type { FouPort, FouPortKey } from './fou/types.js';
export { NoticeWatcher } from './rtnetlink/notices.js';
export type { Notice, NoticeListener, NoticeTransport } from './rtnetlink/notices.js';
export { RtnetlinkError } from './rtnetlink/errors.js';
export type { RtnetlinkErrorCode, RtnetlinkOperation } from './rtnetlink/errors.js';
export type * from './rtnetlink/types.js';
export {
  ARPHRD_ETHER,
  ARPHRD_LOOPBACK,
  ARPHRD_TUNNEL,
  IFA_F_DADFAILED,
  IFA_F_DEPRECATED,
  IFA_F_NODAD,
  IFA_F_NOPREFIXROUTE,
  IFA_F_OPTIMISTIC,
  IFA_F_PERMANENT,
  IFA_F_SECONDARY,
  IFA_F_TENTATIVE,
  IFF_LOOPBACK,
  IFF_LOWER_UP,
  IFF_NOARP,
  IFF_POINTOPOINT,
  IFF_RUNNING,
  IFF_UP,
  RTN_BLACKHOLE,
  RTN_LOCAL,
  RTN_UNICAST,
  RTN_UNREACHABLE,
  RTPROT_BOOT,
  RTPROT_KERNEL,
  RTPROT_STATIC,
  RT_SCOPE_HOST,
  RT_SCOPE_LINK,
  RT_SCOPE_NOWHERE,
  RT_SCOPE_SITE,
  RT_SCOPE_UNIVERSE,
  RT_TABLE_LOCAL,
  RT_TABLE_MAIN,
} from './rtnetlink/constants.js';
export { Announcer } from './neighbour/announce.js';
export type { Announcement, AnnouncerClock, AnnouncerOptions, FrameSender } from './neighbour/announce.js';
export { AdvertisementJudge, instanceDropReasons } from './vrrp/judgement.js';
export type {
  Differences,
  ExpectedAdvertisement,
  InstanceDropReason,
  InstanceVerdict,
} from './vrrp/judgement.js';
export {
  decodeHello,
  encodeHello,
  helloDropReasons,
  helloStates,
  isHello,
  isHelloDrop,
} from './vrrp/hello.js';
export type { Hello, HelloDrop, HelloDropReason, HelloState } from './vrrp/hello.js';
export {
  decodeAdvertisement,
  encodeAdvertisement,
  encodePassword,
  isDrop,
  packetDropReasons,
  PRIORITY_LEAVING,
  PRIORITY_OWNER,
  VRRP_GROUP,
} from './vrrp/packet.js';
export type {
  PacketDrop,
  PacketDropReason,
  ReceivedPath,
  VrrpAdvertisement,
  VrrpPath,
} from './vrrp/packet.js';
export { VrrpSocket } from './vrrp/socket.js';
export type {
  AdvertisementListener,
  SendFailure,
  SendFailureReason,
  VrrpSocketOptions,
} from './vrrp/socket.js';
export { chooseSource } from './vrrp/source.js';
export { readConnections, readConnectionOrigins } from './proc/connections.js';
export type { IpvsConnection, IpvsEndpoint, IpvsOriginConnection } from './proc/connections.js';
export type { CommandResult, CommandRunner } from './proc/command.js';
export { loadModule, ModuleError, moduleState, schedulerModule, unloadModule } from './proc/modules.js';
export type { ModuleErrorCode, ModuleErrorDetails, ModulePlaces, ModuleState } from './proc/modules.js';
export { ipvsSysctls, readIpvsSysctl, readIpvsSysctls, writeIpvsSysctl } from './proc/sysctl.js';
export type { IpvsSysctl, IpvsSysctlValue, IpvsSysctlValues } from './proc/sysctl.js';
