/**
 * Numbers of the generic netlink family `fou`, which opens UDP ports for packets within UDP, with their C names.
 *
 * @see include/uapi/linux/fou.h
 */
export const FOU_GENL_NAME = 'fou';
export const FOU_GENL_VERSION = 1;

export const FOU_CMD_ADD = 1;
export const FOU_CMD_DEL = 2;
export const FOU_CMD_GET = 3;

export const FOU_ATTR_PORT = 1;
export const FOU_ATTR_AF = 2;
export const FOU_ATTR_IPPROTO = 3;
export const FOU_ATTR_TYPE = 4;

/** The packet stands directly behind the UDP header. */
export const FOU_ENCAP_DIRECT = 1;
/** A header between them says what the packet is. */
export const FOU_ENCAP_GUE = 2;
