/*
 * verify_parts.h - reads objects of a backup again, some at once, and compares
 * each with what manifest and index say of it.
 */
#ifndef COFFER_JOBS_VERIFY_PARTS_H
#define COFFER_JOBS_VERIFY_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "manifest/manifest.h"
#include "stores/store.h"

enum { VERIFY_READERS_MAX = 4, VERIFY_UNPACK_BYTES = 2 * 1024 * 1024 };

struct age_identities;
struct verify_index;
struct verify_parts;
struct workers;

/* Copied; what it points to is borrowed for its life. */
struct verify_parts_config {
	struct store *store;
	struct workers *workers;
	const struct manifest *m;
	struct verify_index *index; /* NULL: only sizes and digests */
	/* copied; opens the parts of an encrypted backup. NULL: nothing */
	const struct age_identities *identities;
	/* places: of parts in their list from 1, then objects of the index,
	 * then of meta */
	const uint32_t *list;
	size_t n;	  /* at least 1 */
	unsigned readers; /* at once; up to VERIFY_READERS_MAX */
	/* One object is damaged (it is named), and was so twice; the others
	 * are read all the same. is_missing: it is not there at all. Must not
	 * free it. */
	void (*damaged)(void *arg, const struct err *e, bool is_missing);
	/* Before each next object: whether others want the memory. Then, once
	 * nothing is under way, paused runs; verify_parts_resume() goes on. */
	bool (*must_pause)(void *arg);
	void (*paused)(void *arg);
	/* Once, the last call: all were read (e NULL), or the store failed. */
	void (*done)(void *arg, const struct err *e);
	void *arg;
};

/* The callbacks run from the loop, never inside this. Memory: for each
 * reader one object and VERIFY_UNPACK_BYTES. NULL with *e filled. */
struct verify_parts *verify_parts_start(const struct verify_parts_config *c,
					struct err *e) MUST_CHECK;

/* After a pause. False with *e filled: it is to be freed. */
bool verify_parts_resume(struct verify_parts *v, struct err *e) MUST_CHECK;

/* What was read until now. */
struct verify_parts_facts {
	size_t objects;
	uint64_t bytes;
};
void verify_parts_facts(const struct verify_parts *v,
			struct verify_parts_facts *f);

/* Some of n parts, in order: 5 %, at least 16, each equally likely. Returns
 * how many, in out[n]. */
size_t verify_parts_sample(size_t n, uint32_t *out);

/* Cancels and frees; no callback runs any more. NULL is fine. */
void verify_parts_free(struct verify_parts *v);

#endif
