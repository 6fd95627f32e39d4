/*
 * console.h - the files of the console: those that the build embedded, and
 * those of a folder that takes their place while somebody works on them.
 *
 * A path is what stands behind "/console/": "app/main.js".
 */
#ifndef COFFER_CONSOLE_CONSOLE_H
#define COFFER_CONSOLE_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/sha256.h"

struct console_file {
	const char *path;
	const char *digest; /* SHA-256 of the plain bytes, hexadecimal */
	const unsigned char *plain;
	size_t len;
	const unsigned char *gzip; /* the same (RFC 1952) */
	size_t gzip_len;
};

/* All that are embedded, *n; they last as long as the program. */
const struct console_file *console_files(size_t *n);

/* The one at a path; NULL: there is none. */
const struct console_file *console_find(const char *path);

/* For Content-Type, by the name: "text/javascript; charset=utf-8". Never NULL.
 */
const char *console_type(const char *path);

/* A file of a folder. Zero it to begin with. */
struct console_loaded {
	char *bytes;
	size_t len;
	const char *type;
	char digest[SHA256_HEX_MAX]; /* of the bytes */
};

/*
 * Reads a file below dir, which may itself be a link; below it no link is
 * followed, and nothing but plain files of the kinds that a console has, whose
 * names are letters, digits and "._-" and begin with no dot. Blocks: for
 * workers. False with *e filled: "not_found" (what of it was wrong),
 * "internal".
 */
bool console_load(const char *dir, const char *path, struct console_loaded *out,
		  struct err *e) MUST_CHECK;

/* Frees what it holds and zeroes it. */
void console_loaded_fini(struct console_loaded *l);

#endif
