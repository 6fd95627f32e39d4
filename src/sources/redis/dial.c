/* dial.c - names and certificates, on a worker. */
#include "sources/redis/dial.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

static struct redis_dial *dial_of(struct work *w)
{
	return (struct redis_dial *)(void *)w; /* comes first */
}

static bool wants_tls(const struct redis_dial *d)
{
	bool is_local = d->address.socket != NULL;

	switch (d->address.view.tls) {
	case TLS_DISABLED:
		return false;
	case TLS_PREFERRED:
		return !is_local; /* nobody listens on a unix socket */
	case TLS_REQUIRED:
	case TLS_VERIFY:
		return true;
	}
	return true;
}

static bool look_up(struct redis_dial *d, struct err *e)
{
	const struct addrinfo hints = {.ai_family = AF_UNSPEC,
				       .ai_socktype = SOCK_STREAM,
				       .ai_flags = AI_NUMERICSERV};
	unsigned port = d->address.view.port;
	char text[16];
	int rc;

	(void)snprintf(text, sizeof(text), "%u",
		       port != 0 ? port : REDIS_DEFAULT_PORT);
	rc = getaddrinfo(d->address.host, text, &hints, &d->found);
	if (rc == 0)
		return true;
	d->found = NULL;
	return err_set(e, ERR_CONNECT, "connection_failed",
		       "look up \"%s\": %s; check the host's name",
		       d->address.host, gai_strerror(rc));
}

static bool bad_certificates(const struct redis_dial *d, struct err *e)
{
	unsigned long code = ERR_get_error();
	const char *why = code != 0 ? ERR_reason_error_string(code) : NULL;

	if (d->address.ca_file == NULL)
		return err_set(e, ERR_CONNECT, "connection_failed",
			       "the system's certificates cannot be read (%s): "
			       "set ca_file",
			       why != NULL ? why : "no reason given");
	return err_set(e, ERR_CONNECT, "connection_failed",
		       "certificates cannot be read from \"%s\" (%s): check "
		       "ca_file",
		       d->address.ca_file,
		       why != NULL ? why : "no reason given");
}

static bool read_certificates(const struct redis_dial *d, struct err *e)
{
	const char *file = d->address.ca_file;
	int rc = file != NULL ? SSL_CTX_load_verify_file(d->context, file)
			      : SSL_CTX_set_default_verify_paths(d->context);

	return rc == 1 || bad_certificates(d, e);
}

static bool make_context(struct redis_dial *d, struct err *e)
{
	bool is_verify = d->address.view.tls == TLS_VERIFY;

	ERR_clear_error();
	d->context = SSL_CTX_new(TLS_client_method());
	if (d->context == NULL)
		return err_nomem(e, "TLS");
	(void)SSL_CTX_set_min_proto_version(d->context, TLS1_2_VERSION);
	(void)SSL_CTX_set_mode(d->context,
			       SSL_MODE_ENABLE_PARTIAL_WRITE |
				       SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
				       SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_verify(d->context,
			   is_verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
	return !is_verify || read_certificates(d, e);
}

static bool find(struct redis_dial *d, struct err *e)
{
	if (d->address.socket != NULL && wants_tls(d))
		return err_set(e, ERR_INVALID, "connection_failed",
			       "there is no TLS on a unix socket: set tls to "
			       "\"disabled\" or \"preferred\"");
	if (wants_tls(d) && !make_context(d, e))
		return false;
	return d->address.socket != NULL || look_up(d, e);
}

static void run(struct work *w)
{
	struct redis_dial *d = dial_of(w);

	(void)find(d, &d->err);
}

static void destroy(struct redis_dial *d)
{
	if (d->found != NULL)
		freeaddrinfo(d->found);
	SSL_CTX_free(d->context);
	address_copy_fini(&d->address);
	free(d);
}

static void dispose(struct work *w)
{
	destroy(dial_of(w));
}

static void done(struct work *w)
{
	struct redis_dial *d = dial_of(w);

	d->done(d->arg);
}

struct redis_dial *redis_dial_new(const struct source_env *env,
				  const struct source_address *a,
				  void (*on_done)(void *arg), void *arg,
				  struct err *e)
{
	struct redis_dial *d = calloc(1, sizeof(*d));
	struct source_address bare = *a;

	bare.password = NULL;
	if (d == NULL || !address_copy_init(&d->address, &bare)) {
		if (d != NULL)
			destroy(d);
		(void)err_nomem(e, "a connection");
		return NULL;
	}
	d->done = on_done;
	d->arg = arg;
	d->work.run = run;
	d->work.done = done;
	workers_submit(env->blocking, &d->work);
	return d;
}

void redis_dial_free(struct redis_dial *d)
{
	if (d == NULL)
		return;
	if (d->work.state == WORK_IDLE)
		destroy(d);
	else
		work_abandon(&d->work, dispose);
}
