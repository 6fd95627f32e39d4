/* names.c - see names.h. */
#include "config.h" /* for d_type, qsort_r() */

#include "sources/files/names.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BYTES_MIN = 4096, STARTS_MIN = 64 };

void names_fini(struct names *names)
{
	free(names->bytes);
	free(names->starts);
	*names = (struct names){0};
}

static bool grow_bytes(struct names *names, size_t more)
{
	size_t cap = names->cap > 0 ? names->cap : BYTES_MIN;
	char *bytes;

	while (cap - names->len < more)
		cap += cap / 2;
	if (cap == names->cap)
		return true;
	bytes = realloc(names->bytes, cap);
	if (bytes == NULL)
		return false;
	names->bytes = bytes;
	names->cap = cap;
	return true;
}

static bool grow_starts(struct names *names)
{
	size_t room =
		names->room > 0 ? names->room + names->room / 2 : STARTS_MIN;
	uint32_t *starts;

	if (names->n < names->room)
		return true;
	starts = reallocarray(names->starts, room, sizeof(*starts));
	if (starts == NULL)
		return false;
	names->starts = starts;
	names->room = room;
	return true;
}

static int add(struct names *names, const struct dirent *entry)
{
	size_t len = strlen(entry->d_name) + 1;

	if (names->len > UINT32_MAX - len - 1)
		return E2BIG;
	if (!grow_bytes(names, len + 1) || !grow_starts(names))
		return ENOMEM;
	names->starts[names->n++] = (uint32_t)names->len;
	names->bytes[names->len] = (char)entry->d_type;
	memcpy(names->bytes + names->len + 1, entry->d_name, len);
	names->len += len + 1;
	return 0;
}

static bool is_itself(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static int read_all(struct names *names, DIR *dir)
{
	const struct dirent *entry;
	int failed = 0;

	while (failed == 0) {
		errno = 0;
		/* The stream is nobody else's. */
		entry = readdir(dir); /* NOLINT(concurrency-mt-unsafe) */
		if (entry == NULL)
			return errno;
		if (!is_itself(entry->d_name))
			failed = add(names, entry);
	}
	return failed;
}

static int by_name(const void *a, const void *b, void *bytes)
{
	const uint32_t *x = a, *y = b;
	const char *at = bytes;

	return strcmp(at + *x + 1, at + *y + 1);
}

int names_read(struct names *names, int fd)
{
	/* A stream closes its own, and two would share one position. */
	int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = own >= 0 ? fdopendir(own) : NULL;
	int failed;

	if (dir == NULL) {
		failed = errno;
		if (own >= 0)
			(void)close(own);
		return failed;
	}
	failed = read_all(names, dir);
	(void)closedir(dir);
	if (failed == 0 && names->n > 1)
		qsort_r(names->starts, names->n, sizeof(*names->starts),
			by_name, names->bytes);
	return failed;
}

const char *names_at(const struct names *names, size_t i, unsigned char *type)
{
	const char *at = names->bytes + names->starts[i];

	*type = (unsigned char)at[0];
	return at + 1;
}
