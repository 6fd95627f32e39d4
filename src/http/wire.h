/*
 * wire.h - looks at the raw bytes of a connection before evhttp does.
 *
 * evhttp 2.1 takes two Content-Length (the first wins), "Transfer-Encoding :"
 * with a blank, no Host, absolute targets and bare line feeds, and shows none
 * of it afterwards. What two readers of one request may understand differently
 * is how requests are smuggled past a proxy, so all of it is refused here
 * (RFC 9112, sections 2.2, 3.2, 5.1, 6.3), and so are extensions and trailers
 * of chunks. Pure: knows neither libevent nor
 * sockets.
 */
#ifndef COFFER_HTTP_WIRE_H
#define COFFER_HTTP_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { WIRE_METHOD_MAX = 16, WIRE_FIELDS_MAX = 100 };

enum wire_state {
	WIRE_IDLE,	 /* between requests */
	WIRE_HEAD,	 /* within a request line or headers */
	WIRE_BODY,	 /* body_left bytes to come */
	WIRE_CHUNK_SIZE, /* the line before a chunk */
	WIRE_CHUNK,	 /* body_left bytes of it to come */
	WIRE_CHUNK_END,	 /* the line end behind it */
	WIRE_LAST,	 /* the empty line behind the last one */
	WIRE_BAD,	 /* refused; nothing more is looked at */
};

struct wire {
	size_t header_max, body_max;
	enum wire_state state;
	char *line; /* the line that is being read */
	size_t line_len, line_cap;
	size_t head_len; /* of this request so far */
	uint64_t body_left;
	uint64_t body_len; /* of the request that was read last, so far */
	uint64_t heads;	   /* requests whose head was taken */

	/* of the head that is being read */
	char method[WIRE_METHOD_MAX];
	bool has_line, has_length, is_chunked, is_old; /* HTTP/1.0 */
	unsigned hosts, fields;
};

/* Begins with the limits given. */
void wire_init(struct wire *w, size_t header_max, size_t body_max);

/* Frees what it holds. */
void wire_fini(struct wire *w);

/*
 * Takes the next bytes. False with *e filled when they must not reach evhttp;
 * e->api then says how to answer ("malformed", "too_large", ...), and the
 * connection has to be closed.
 */
bool wire_feed(struct wire *w, const char *bytes, size_t len,
	       struct err *e) MUST_CHECK;

#endif
