/* address.h - addresses that nothing of ours may be sent to. */
#ifndef COFFER_BASE_ADDRESS_H
#define COFFER_BASE_ADDRESS_H

#include <stdbool.h>

#include "base/err.h"

struct sockaddr;

/*
 * From then on all addresses are forbidden that are in no network of the list
 * (base/nets.h), and those that are forbidden anyway stay so; "": no limit.
 * False: it is no such list, and there is no limit. To be called before there
 * are threads; all others only read.
 */
bool address_allow_only(const char *list) MUST_CHECK;

/* Whether there is such a limit. */
bool address_is_limited(void);

/*
 * Whether no source and no store can be at an address, but perhaps something
 * that trusts whoever asks from this machine: link-local addresses and those
 * of clouds' metadata (169.254.0.0/16, fe80::/10, fd00:ec2::254,
 * 100.100.100.200), "any" (0.0.0.0/8, ::), multicast, broadcast and what is
 * reserved beside it (RFC 6890), also as IPv4 within IPv6 (::ffff:0:0/96,
 * 64:ff9b::/96); and what address_allow_only() leaves out. To be asked of the
 * address that is connected to, not of one that a name had before. Other
 * families than these two: never.
 */
bool address_is_forbidden(const struct sockaddr *a);

/* The same for a host as it was typed; false for a name. */
bool address_text_is_forbidden(const char *host);

/* What to say of one, after "connect to X: ". */
const char *address_forbidden_text(void);

#endif
