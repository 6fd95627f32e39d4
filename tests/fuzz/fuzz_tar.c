/*
 * fuzz_tar.c - the reader of archives with foreign bytes: in pieces of some
 * size, which the first byte tells, against the same as a whole; and no path
 * that it tells leads out of a folder.
 *
 * make check runs it over tests/data/tar (run_files.c); tests/faults/fuzz
 * fuzzes.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sources/files/load/member.h"
#include "sources/files/load/untar.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* All that was told, as one number. */
struct sum {
	uint64_t value;
	uint64_t size, told; /* of the file at hand */
};

static void mix(struct sum *s, uint64_t n)
{
	s->value = s->value * UINT64_C(6364136223846793005) + n;
}

/* Names between slashes, none of them "", "." or "..". */
static void check_path(const char *path)
{
	while (*path != '\0') {
		size_t n = strcspn(path, "/");

		if (n == 0 || (n == 1 && path[0] == '.') ||
		    (n == 2 && path[0] == '.' && path[1] == '.'))
			abort();
		path += n;
		if (*path == '/' && *++path == '\0')
			abort();
	}
}

static bool on_begin(void *arg, const struct member *m, struct err *e)
{
	struct sum *s = arg;

	(void)e;
	check_path(m->path);
	if (m->type == MEMBER_HARDLINK)
		check_path(m->target);
	if (m->mode > 07777 || m->mtime_ns >= 1000000000)
		abort();
	mix(s, strlen(m->path) + m->size + m->nattrs);
	s->size = m->size;
	s->told = 0;
	return true;
}

static bool on_data(void *arg, uint64_t offset, const unsigned char *bytes,
		    size_t len, struct err *e)
{
	struct sum *s = arg;

	(void)e;
	if (len == 0 || offset < s->told || len > s->size ||
	    offset > s->size - len)
		abort();
	s->told = offset + len;
	for (size_t i = 0; i < len; i++)
		mix(s, offset + i + bytes[i]);
	return true;
}

static bool on_end(void *arg, struct err *e)
{
	(void)e;
	mix(arg, 1);
	return true;
}

static uint64_t read_tar(const uint8_t *data, size_t len, size_t piece)
{
	static const struct untar_ops ops = {
		.begin = on_begin, .data = on_data, .end = on_end};
	struct sum sum = {0};
	struct err e = {0};
	struct untar *u = untar_new(&ops, &sum, &e);
	bool ok = u != NULL;

	for (size_t at = 0; ok && at < len; at += piece)
		ok = untar_push(u, data + at,
				len - at < piece ? len - at : piece, &e);
	ok = ok && untar_finish(u, &e);
	if (ok == err_is(&e))
		abort();
	untar_free(u);
	/* What came before a failure may be more or less, by the pieces. */
	return ok ? sum.value : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (len == 0)
		return 0;
	if (read_tar(data, len, len) != read_tar(data, len, data[0] + 1U))
		abort();
	return 0;
}
