/*
 * nets.h - lists of networks: "10.0.0.0/8, fd00:1::/32, 192.0.2.7", as
 * prefixes of RFC 4632 and RFC 4291, section 2.3.
 */
#ifndef COFFER_BASE_NETS_H
#define COFFER_BASE_NETS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct sockaddr;

enum {
	NETS_MAX = 256, /* networks of one list */
	NET_BYTES = 16, /* of an address; IPv4 is kept as ::ffff:a.b.c.d */
};

struct nets {
	size_t count;
	struct net {
		unsigned char address[NET_BYTES];
		unsigned bits; /* of 128 */
	} all[NETS_MAX];
};

/*
 * Reads a list: an address alone is a network of one; blanks around a network
 * are fine, and "" is a list of none. False: it is no such list, it is too
 * long, or a network has bits behind its prefix ("10.0.0.1/8", where one of
 * both numbers is a slip); *out is not to be used then.
 */
bool nets_parse(const char *list, struct nets *out) MUST_CHECK;

/* The same, for a setting: whether it is such a list. */
bool nets_are_right(const char *list);

/*
 * Whether one of them holds the address. One of IPv4 within IPv6
 * (::ffff:0:0/96, RFC 4291, section 2.5.5.2) is that of IPv4: a network of
 * IPv4 holds it, and "::/0" does not. Other families than these two: none.
 */
bool nets_have(const struct nets *n, const struct sockaddr *a);

/* Whether the first bits of both addresses are the same. */
bool nets_same_prefix(const unsigned char *a, const unsigned char *b,
		      unsigned bits);

#endif
