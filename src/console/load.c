/*
 * load.c - a file of the folder that stands in for what is embedded.
 *
 * Whoever asks for it needs no token, so what is given is kept narrow: the path
 * is opened part by part, no part of it a link, a hidden name or a way up.
 */
#include "console/console.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "console/console_int.h"

enum { FILE_MAX_BYTES = 4 << 20, PART_MAX = 128 };

static bool absent(struct err *e, const char *why)
{
	return err_set(e, ERR_NOT_FOUND, "not_found",
		       "the console's folder gives no such file: %s", why);
}

/* One part of a path, *at behind it and its '/'; false: it may not be asked. */
static bool next_part(const char **at, char part[PART_MAX])
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	size_t n = strcspn(*at, "/");

	if (n == 0 || n >= PART_MAX || **at == '.' || strspn(*at, plain) < n)
		return false;
	memcpy(part, *at, n);
	part[n] = '\0';
	*at += n + ((*at)[n] == '/');
	return (*at)[-1] != '/' || **at != '\0';
}

/* Opens what folder and path name, and closes folder; -1 with errno. */
static int open_below(int folder, const char *path)
{
	const int flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
	char part[PART_MAX];

	while (folder >= 0 && *path != '\0') {
		bool is_good = next_part(&path, part);
		int next = -1, saved = ENOENT;

		if (is_good) {
			next = openat(folder, part,
				      flags | (*path ? O_DIRECTORY : 0));
			saved = errno;
		}
		(void)close(folder);
		folder = next;
		errno = saved;
	}
	return folder;
}

static bool read_all(int fd, size_t len, struct console_loaded *out,
		     struct err *e)
{
	ssize_t n = 1;

	out->bytes = malloc(len + 1);
	if (out->bytes == NULL)
		return err_nomem(e, "a file of the console");
	while (n > 0 && out->len < len) {
		n = read(fd, out->bytes + out->len, len - out->len);
		if (n > 0)
			out->len += (size_t)n;
	}
	if (n < 0)
		return absent(e, strerror(errno));
	out->bytes[out->len] = '\0';
	return true;
}

static bool read_open(int fd, struct console_loaded *out, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return absent(e, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return absent(e, "it is no file");
	if (st.st_size > FILE_MAX_BYTES)
		return absent(e, "it is larger than 4 MiB");
	return read_all(fd, (size_t)st.st_size, out, e);
}

/* Licences and digests beside vendored files have no suffix. */
static bool is_known(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;

	return console_known_type(path) != NULL ||
	       strstr(name, "LICENSE") != NULL ||
	       strcmp(name, "SHA256SUMS") == 0;
}

bool console_load(const char *dir, const char *path, struct console_loaded *out,
		  struct err *e)
{
	bool ok;
	int fd;

	if (!is_known(path))
		return absent(e, "a console has no files of this kind");
	fd = open_below(open(dir, O_RDONLY | O_CLOEXEC | O_DIRECTORY), path);
	if (fd < 0)
		return absent(e, strerror(errno));
	ok = read_open(fd, out, e);
	(void)close(fd);
	if (ok) {
		out->type = console_type(path);
		(void)sha256_hex(out->bytes, out->len, out->digest);
	} else {
		console_loaded_fini(out);
	}
	return ok;
}

void console_loaded_fini(struct console_loaded *l)
{
	free(l->bytes);
	memset(l, 0, sizeof(*l));
}
