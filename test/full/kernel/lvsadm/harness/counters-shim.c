/*
 * Puts counters of one's own into what the kernel tells a program about IPVS: no test could make as much traffic.
 *
 *   cc -shared -fPIC -o shim.so counters-shim.c; LVSD_COUNTERS="C0 ... C12" LD_PRELOAD=./shim.so ipvsadm -Ln --stats
 *
 * C0 to C4 are the counters, C5 to C9 the rates, as IPVS_STATS_ATTR_* has them; C10 to C12 active, inactive and persistent
 * connections of destinations. All services and destinations get the same.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <linux/genetlink.h>
#include <linux/ip_vs.h>
#include <linux/netlink.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define COUNTERS 13

static int read_counters(uint64_t counters[COUNTERS])
{
	const char *text = getenv("LVSD_COUNTERS");
	char *end;
	int i;

	for (i = 0; text && i < COUNTERS; i++, text = end)
		counters[i] = strtoull(text, &end, 10);
	return i == COUNTERS;
}

/* The attribute keeps its size, so a number of 32 bits gets the lower half. */
static void put(struct nlattr *attr, uint64_t value)
{
	int length = attr->nla_len - NLA_HDRLEN;

	memcpy((char *)attr + NLA_HDRLEN, &value, length < 8 ? length : 8);
}

static struct nlattr *next(struct nlattr *attr)
{
	return (struct nlattr *)((char *)attr + NLA_ALIGN(attr->nla_len));
}

#define FOR_EACH(attr, begin, end)                                                            \
	for (struct nlattr *attr = (struct nlattr *)(begin);                                  \
	     (char *)attr + NLA_HDRLEN <= (char *)(end) && attr->nla_len >= NLA_HDRLEN; attr = next(attr))

static void change_stats(struct nlattr *nest, const uint64_t *counters)
{
	FOR_EACH(attr, (char *)nest + NLA_HDRLEN, (char *)nest + nest->nla_len) {
		int type = attr->nla_type & NLA_TYPE_MASK;

		if (type >= IPVS_STATS_ATTR_CONNS && type <= IPVS_STATS_ATTR_OUTBPS)
			put(attr, counters[type - IPVS_STATS_ATTR_CONNS]);
	}
}

static void change_entry(struct nlattr *nest, int is_destination, const uint64_t *counters)
{
	FOR_EACH(attr, (char *)nest + NLA_HDRLEN, (char *)nest + nest->nla_len) {
		int type = attr->nla_type & NLA_TYPE_MASK;

		if (type == 10 || type == 12) /* IPVS_SVC_ATTR_STATS and STATS64, and so for destinations */
			change_stats(attr, counters);
		else if (is_destination && type >= IPVS_DEST_ATTR_ACTIVE_CONNS && type <= IPVS_DEST_ATTR_PERSIST_CONNS)
			put(attr, counters[10 + type - IPVS_DEST_ATTR_ACTIVE_CONNS]);
	}
}

static void change_datagram(char *bytes, ssize_t length, const uint64_t *counters)
{
	int rest = (int)length;

	for (struct nlmsghdr *m = (struct nlmsghdr *)bytes; NLMSG_OK(m, rest); m = NLMSG_NEXT(m, rest)) {
		char *begin = (char *)m + NLMSG_HDRLEN + GENL_HDRLEN;

		if (m->nlmsg_type <= NLMSG_MIN_TYPE)
			continue; /* control messages, and the family's controller */
		FOR_EACH(attr, begin, (char *)m + m->nlmsg_len) {
			int type = attr->nla_type & NLA_TYPE_MASK;

			if (type == IPVS_CMD_ATTR_SERVICE || type == IPVS_CMD_ATTR_DEST)
				change_entry(attr, type == IPVS_CMD_ATTR_DEST, counters);
		}
	}
}

ssize_t recvmsg(int fd, struct msghdr *header, int flags)
{
	ssize_t (*original)(int, struct msghdr *, int) =
		(ssize_t (*)(int, struct msghdr *, int))dlsym(RTLD_NEXT, "recvmsg");
	ssize_t length = original(fd, header, flags);
	uint64_t counters[COUNTERS];

	if (length > 0 && !(flags & MSG_PEEK) && read_counters(counters))
		change_datagram(header->msg_iov[0].iov_base, length, counters);
	return length;
}
