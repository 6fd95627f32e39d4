/*
 * tls.h - TLS of the listener: certificate, key, and what is demanded of those
 * who connect. 1.2 with AEAD ciphers and forward secrecy, or 1.3; no
 * renegotiation, no compression, no resumption, so whoever is let in was
 * looked at by the certificates of now (RFC 9325).
 *
 * The handshake is the bufferevent's: what is above it sees plain bytes only
 * when it is over.
 */
#ifndef COFFER_HTTP_TLS_H
#define COFFER_HTTP_TLS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct bufferevent;
struct event_base;
struct tls;

/* Paths of PEM files, copied. */
struct tls_config {
	const char *certificate; /* of the server, then those that lead to
				  * its authority */
	const char *key;	 /* its key, without a password, in a file
				  * that no stranger may read */
	const char *client_ca;	 /* clients need a certificate of one of
				  * these authorities; NULL: they need none */
};

/* Reads the files; blocks. NULL with *e filled: which file, why. */
struct tls *tls_new(const struct tls_config *c, struct err *e) MUST_CHECK;

/* Connections that are there live on. NULL is fine. */
void tls_free(struct tls *t);

/* Reads the files again, for connections to come. False with *e filled:
 * everything stays as it was. Blocks for as long as a disk takes. */
bool tls_reload(struct tls *t, struct err *e) MUST_CHECK;

/* Whether the certificate is for that name, also by a wildcard. */
bool tls_has_name(const struct tls *t, const char *name);

/* For evhttp: a bufferevent that has no socket yet, awaits a handshake once it
 * has, and closes the socket with itself. NULL: no memory. */
struct bufferevent *tls_accept(const struct tls *t,
			       struct event_base *base) MUST_CHECK;

/* Whether the bufferevent came from tls_accept(). */
bool tls_is(struct bufferevent *bev);

/* Whether it did, and its handshake is not over: nothing can be said. */
bool tls_is_shaking(struct bufferevent *bev);

/* Sends bytes past the bufferevent, which has sent all of its own, and the end
 * of the stream (close_notify); at once, or, where the socket does not take
 * them, not at all. By TLS or, of a bufferevent without, plainly. */
void tls_send_last(struct bufferevent *bev, const char *bytes, size_t len);

#endif
