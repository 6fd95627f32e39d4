/*
 * untar.h - reads a pax archive that is pushed to it, cut anywhere. Pure: what
 * becomes of the members is the caller's. Headers are gathered, contents are
 * not, so memory is bounded by UNTAR_HEADERS_MAX.
 */
#ifndef COFFER_SOURCES_FILES_LOAD_UNTAR_H
#define COFFER_SOURCES_FILES_LOAD_UNTAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct member;
struct untar;

/* Of one member together: its pax records, or the map of a sparse file. */
enum { UNTAR_HEADERS_MAX = 16 * 1024 * 1024 };

/* What it tells, each with arg. False with *e filled ends the reading. */
struct untar_ops {
	/* A member begins; *m is valid until end(). */
	bool (*begin)(void *arg, const struct member *m, struct err *e);
	/* Contents of a file at that offset; what lies between is a hole. */
	bool (*data)(void *arg, uint64_t offset, const unsigned char *bytes,
		     size_t len, struct err *e);
	/* All of it was told. */
	bool (*end)(void *arg, struct err *e);
};

/* ops and arg are borrowed for its life. NULL with *e. */
struct untar *untar_new(const struct untar_ops *ops, void *arg,
			struct err *e) MUST_CHECK;

/* The next bytes. False with *e filled: "damaged_backup", or what an op said;
 * then nothing more may be pushed. */
bool untar_push(struct untar *u, const unsigned char *bytes, size_t len,
		struct err *e) MUST_CHECK;

/* There are no more bytes: a member that is not whole is "damaged_backup". The
 * blocks at the end of an archive may be missing. */
bool untar_finish(const struct untar *u, struct err *e) MUST_CHECK;

/* NULL is fine. */
void untar_free(struct untar *u);

#endif
