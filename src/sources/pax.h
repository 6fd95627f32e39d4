/*
 * pax.h - headers of a pax archive (POSIX.1-2017, pax(1), "pax Interchange
 * Format"), as GNU tar and libarchive read them: ustar headers, and before them
 * records of what these cannot hold: long paths, exact times, ACLs and extended
 * attributes (SCHILY.*), sparse files (GNU.sparse, format 1.0:
 * https://www.gnu.org/software/tar/manual/html_section/Sparse-Formats.html).
 *
 * Not libarchive's writer: as of 3.6 it writes times before 1970 so that GNU
 * tar restores others, cuts the names of sparse files, and can keep names
 * exact only with a record that GNU tar warns of for each member. Pure.
 */
#ifndef COFFER_SOURCES_PAX_H
#define COFFER_SOURCES_PAX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sources/file_facts.h"

struct text;

enum { PAX_BLOCK = 512, PAX_END_BYTES = 2 * PAX_BLOCK };

/* The type flags of ustar. */
enum pax_type {
	PAX_FILE = '0',
	PAX_HARDLINK = '1',
	PAX_SYMLINK = '2',
	PAX_CHARACTER = '3',
	PAX_BLOCK_DEVICE = '4',
	PAX_FOLDER = '5',
	PAX_FIFO = '6',
};

/* A run of a file that is not a hole. */
struct pax_extent {
	uint64_t offset, length;
};

/* What a header says. Nothing is copied; all is borrowed for the call. */
struct pax_member {
	enum pax_type type;
	const char *path; /* exact bytes; a folder's without a slash at its
			   * end */
	const struct file_facts *facts;
	const struct text *records; /* pax_record() made them; may be NULL */
	/* Of a sparse file: its runs, in order; the archive has a map of them
	 * (pax_sparse_map) and then those alone. n 0: it is not sparse. */
	const struct pax_extent *extents;
	size_t nextents;
	size_t map_bytes; /* of that map */
};

/* Appends "LENGTH key=value\n". value: any bytes. */
void pax_record(struct text *out, const char *key, const void *value,
		size_t len);

/* Appends the map of a sparse file, to whole blocks. */
void pax_sparse_map(struct text *out, const struct pax_extent *extents,
		    size_t n);

/* Appends the header of a member, or both if it needs records: whole blocks.
 * Content follows, pax_content_bytes() of it, then pax_padding(). */
void pax_header(struct text *out, const struct pax_member *m);

/* Bytes behind the header, without the padding. */
uint64_t pax_content_bytes(const struct pax_member *m);

/* Zeros up to a whole block. */
size_t pax_padding(uint64_t content_bytes);

#endif
