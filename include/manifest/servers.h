/*
 * servers.h - servers/<id>.json: what a server has (sources, pools, plans), so
 * that another one can take its place. Sealed like manifests. Rules of calls:
 * exchange.h.
 */
#ifndef COFFER_MANIFEST_SERVERS_H
#define COFFER_MANIFEST_SERVERS_H

#include "manifest/exchange.h"

enum { SERVER_FILE_MAX_BYTES = 64 * 1024 * 1024 };

/* What is to be written. */
struct server_file {
	const char *server_id; /* copied */
	const char *json;      /* object with its members; copied */
	bool is_forced; /* also over one that says that it was taken over */
};

/* Writes it if what is there is another one. "taken_over" (ERR_CONFLICT): what
 * is there says that another server took this one's place, and is left alone.
 * NULL with *e filled. */
struct exchange *exchange_server_put(const struct exchange_env *env,
				     const struct server_file *f,
				     exchange_done_cb *done, void *arg,
				     struct err *e) MUST_CHECK;

/* Reads one into *json (an object as text, caller frees; filled only on
 * success; borrowed until done), after its checks. ERR_NOT_FOUND: there is
 * none; "damaged_backup". NULL with *e filled. */
struct exchange *exchange_server_get(const struct exchange_env *env,
				     const char *server_id, char **json,
				     exchange_done_cb *done, void *arg,
				     struct err *e) MUST_CHECK;

#endif
