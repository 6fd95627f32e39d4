/*
 * unpack.h - reads the archive of a bucket that is pushed to it, cut anywhere:
 * ustar headers with pax records before them (POSIX.1-2017, pax(1), "pax
 * Interchange Format"), each a plain file. Pure: what becomes of the members is
 * the caller's, who may say "not now" and is asked again. Records are gathered,
 * contents are not, so memory is bounded by UNPACK_RECORDS_MAX.
 */
#ifndef COFFER_SOURCES_OBJECTS_UNPACK_H
#define COFFER_SOURCES_OBJECTS_UNPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "sources/pax_record.h"

struct unpack;

/* Of one member: a key, 2 KiB of metadata and ten tags take some 10 KiB. */
enum { UNPACK_RECORDS_MAX = 1024 * 1024 };

enum unpack_flow {
	UNPACK_ON,
	UNPACK_WAIT, /* not now: push again what was not taken */
	UNPACK_FAIL, /* *e is filled */
};

/* What it tells, each with arg. */
struct unpack_ops {
	/* Of the member that begins next; false with *e filled. */
	bool (*record)(void *arg, const struct pax_record *r, struct err *e);
	/* All records of it were told, and it holds so many bytes. */
	enum unpack_flow (*begin)(void *arg, uint64_t size, struct err *e);
	/* Takes the first *len bytes of these, or fewer, and says how many;
	 * none: not now. False with *e filled. */
	bool (*data)(void *arg, const unsigned char *bytes, size_t *len,
		     struct err *e);
	/* All of it was told. False with *e filled. */
	bool (*end)(void *arg, struct err *e);
};

/* ops and arg are borrowed for its life. NULL with *e. */
struct unpack *unpack_new(const struct unpack_ops *ops, void *arg,
			  struct err *e) MUST_CHECK;

/*
 * The next bytes, of which it takes *used. UNPACK_WAIT: an op did not take
 * more; push the rest, also when nothing is left, when it may. UNPACK_FAIL:
 * "damaged_backup", or what an op said; then nothing more may be pushed.
 */
enum unpack_flow unpack_push(struct unpack *a, const unsigned char *bytes,
			     size_t len, size_t *used,
			     struct err *e) MUST_CHECK;

/* There are no more bytes: a member that is not whole is "damaged_backup". The
 * blocks at the end of an archive may be missing. */
bool unpack_finish(const struct unpack *a, struct err *e) MUST_CHECK;

/* NULL is fine. */
void unpack_free(struct unpack *a);

#endif
