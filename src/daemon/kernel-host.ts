/** What only a director on the kernel plane has. In a module of its own, so that the bindings are loaded only there. */
export { NetlinkAddressTable } from '../dataplane/addresses/netlink-address-table.js';
export { HostSettings } from './host-settings.js';
