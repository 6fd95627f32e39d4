/* address.h - how to reach a source, and what calls to it run on. */
#ifndef COFFER_SOURCES_ADDRESS_H
#define COFFER_SOURCES_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/glob.h"

struct helper;
struct loop;
struct partings;
struct snapshots;
struct transfers;
struct workers;

/* What sources run on; the struct itself is borrowed for their life. */
struct source_env {
	struct loop *loop;
	struct workers *blocking; /* name look-ups, plugin loading */
	struct workers *bulk;	  /* folders, digests of objects */
	struct helper *helper; /* runs programs; NULL: there is none (tests) */
	struct snapshots *snapshots; /* of file systems; NULL with helper */
	struct partings *partings;   /* who stays behind; NULL: nobody does */
	struct transfers *transfers; /* requests to buckets; NULL in tests that
				      * make none */
};

enum source_tls { TLS_DISABLED, TLS_PREFERRED, TLS_REQUIRED, TLS_VERIFY };

/* How to reach a server. Strings are copied by whoever keeps them. */
struct source_address {
	const char *host;   /* or NULL */
	unsigned port;	    /* 0: the engine's own */
	const char *socket; /* path of a unix socket, or NULL */
	const char *user;
	const char *password; /* never logged, wiped when done */
	enum source_tls tls;
	const char *ca_file; /* or NULL: the system's */

	/* Of a file tree instead of all these: its folder, absolute, and what
	 * of it is never backed up. */
	const char *path;
	struct globs excludes;

	/* Of a bucket: user and password are its access key and secret key,
	 * ca_file is as above. */
	const char *endpoint; /* http://HOST[:PORT] or https://... */
	const char *region;   /* or NULL */
	const char *bucket;
	const char *prefix; /* what its keys begin with, exactly; or NULL */
	bool is_path_style;
};

/* "shop.log_*": a run of any characters stands for '*' or '%'. table == NULL:
 * the database and all in it. */
struct source_pattern {
	const char *database, *table;
};

/*
 * What of it. databases == NULL: the whole instance. tables == NULL: the whole
 * database. With include patterns (then databases is NULL) what matches one of
 * them; in any case not what matches one of exclude. What is named without a
 * wildcard must be there.
 * Of Redis: database numbers and glob patterns of key names instead; none of
 * either: all.
 * Of files and buckets: what fits one of wanted (none of them: all) and none of
 * unwanted.
 */
struct source_scope_database {
	const char *name;
	const char *const *tables;
	size_t ntables;
};

struct source_scope {
	const struct source_scope_database *databases;
	size_t ndatabases;
	const struct source_pattern *include, *exclude;
	size_t ninclude, nexclude;

	const uint32_t *numbers;
	size_t nnumbers;
	const char *const *keys;
	size_t nkeys;

	struct globs wanted, unwanted;
};

#endif
