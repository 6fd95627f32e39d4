/*
 * event_link.h - events are linked: each holds a digest of what it tells and of
 * the digest before, so that none can be changed, removed or put between
 * without all that come after it. The catalog makes the links, cofferctl proves
 * them; doc/reference/events.md tells people how to.
 */
#ifndef COFFER_MODEL_EVENT_LINK_H
#define COFFER_MODEL_EVENT_LINK_H

#include "base/sha256.h"

/* How many events a catalog keeps, the newest. */
enum { EVENTS_KEPT = 100000 };

/* What the first of a chain follows. */
#define EVENT_LINK_BEGIN                                                       \
	"00000000000000000000000000000000"                                     \
	"00000000000000000000000000000000"

/* What a link is made of, in this order; none holds a line end. */
enum event_line {
	EVENT_PREVIOUS, /* the hash before, EVENT_LINK_BEGIN of the first */
	EVENT_ID,	/* decimal */
	EVENT_AT, /* RFC 3339 in UTC, whole seconds, as the API tells it */
	EVENT_KIND,
	EVENT_ACT,
	EVENT_RESOURCE, /* "" where the API tells null; so the others */
	EVENT_NAME,
	EVENT_RESULT,
	EVENT_WHO,
	EVENT_ADDRESS,
	EVENT_DETAIL,
	EVENT_LINES
};

/* The SHA-256, as hexadecimal digits, of all lines, each with a line end.
 * False: no memory. */
bool event_link_hash(const char *const lines[static EVENT_LINES],
		     char out[static SHA256_HEX_MAX]) MUST_CHECK;

#endif
