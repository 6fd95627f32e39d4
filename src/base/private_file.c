/* private_file.c - see private_file.h. */
#include "base/private_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/secret.h"

enum { STRANGERS = S_IRWXO | S_IWGRP };

static bool is_fine(int fd, const char *path, size_t max, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return err_set(e, ERR_IO, "usage", "%.200s: %s", path,
			       strerror(errno));
	/* Not a terminal or the end of a pipe: `<(...)` is for its user alone,
	 * whatever its mode says. */
	if (S_ISREG(st.st_mode) && (st.st_mode & STRANGERS) != 0)
		return err_set(e, ERR_DENIED, "usage",
			       "%.200s is open to others: chmod 600 it first",
			       path);
	if (S_ISREG(st.st_mode) && (size_t)st.st_size > max)
		return err_set(e, ERR_INVALID, "usage",
			       "%.200s is longer than %zu bytes", path, max);
	return true;
}

static bool read_all(int fd, char *bytes, size_t max, size_t *len)
{
	ssize_t n = 1;

	*len = 0;
	while (n > 0 && *len < max) {
		n = read(fd, bytes + *len, max - *len);
		if (n < 0 && errno == EINTR)
			n = 1;
		else if (n > 0)
			*len += (size_t)n;
	}
	bytes[*len] = '\0';
	return n >= 0;
}

char *private_file_read(const char *path, size_t max, size_t *len,
			struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *bytes = calloc(1, max + 1);

	if (fd < 0 || bytes == NULL) {
		(void)err_set(e, ERR_NOT_FOUND, "usage", "%.200s: %s", path,
			      strerror(errno));
	} else if (is_fine(fd, path, max, e)) {
		if (read_all(fd, bytes, max, len)) {
			(void)close(fd);
			return bytes;
		}
		(void)err_set(e, ERR_IO, "usage", "%.200s: %s", path,
			      strerror(errno));
	}
	if (fd >= 0)
		(void)close(fd);
	if (bytes != NULL)
		secret_wipe(bytes, max + 1);
	free(bytes);
	return NULL;
}
