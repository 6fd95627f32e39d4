/*
 * The key file appears under its name only when it is whole and on disk: it
 * is written under a name of its own and then linked. So of two processes
 * that start at once one makes the key and both use it, and a power cut
 * leaves no half key behind.
 */
#include "base/secret_int.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/file.h"
#include "base/text.h"

static bool io_failed(struct err *e, const char *doing, const char *path)
{
	return err_set(e, ERR_IO, "internal", "cannot %s the key file %s: %m",
		       doing, path);
}

static struct secret_key *key_new(struct err *e)
{
	struct secret_key *k = mmap(NULL, sizeof(*k), PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (k == MAP_FAILED) {
		err_nomem(e, "the key");
		return NULL;
	}
	/* Both are best effort: a container may allow neither. */
	(void)mlock(k, sizeof(*k));
	(void)madvise(k, sizeof(*k), MADV_DONTDUMP);
	return k;
}

void secret_key_free(struct secret_key *k)
{
	if (!k)
		return;
	secret_wipe(k, sizeof(*k));
	munmap(k, sizeof(*k));
}

static bool check_file(int fd, const char *path, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return io_failed(e, "look at", path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_INVALID, "internal",
			       "the key file %s is not a regular file", path);
	if (st.st_mode & (S_IRWXG | S_IRWXO))
		return err_set(e, ERR_INVALID, "internal",
			       "others may use the key file %s (mode %04o): "
			       "chmod 0600 it, and change the secrets if "
			       "somebody has read it",
			       path, (unsigned)(st.st_mode & 07777));
	if (st.st_size != SECRET_KEY_LEN)
		return err_set(e, ERR_INVALID, "internal",
			       "the key file %s has %lld bytes, not %d: put "
			       "the right one back from your copy",
			       path, (long long)st.st_size, SECRET_KEY_LEN);
	return true;
}

/* Reads the open key file; closes fd in any case. */
static struct secret_key *read_key(int fd, const char *path, struct err *e)
{
	struct secret_key *k = NULL;
	ssize_t n;

	if (check_file(fd, path, e))
		k = key_new(e);
	if (!k)
		goto out;
	do {
		n = read(fd, k->bytes, SECRET_KEY_LEN);
	} while (n < 0 && errno == EINTR);
	if (n == SECRET_KEY_LEN)
		goto out;
	if (n < 0)
		io_failed(e, "read", path);
	else
		err_set(e, ERR_IO, "internal",
			"the key file %s changed while it was read", path);
	secret_key_free(k);
	k = NULL;
out:
	close(fd);
	return k;
}

/* Fills a new file with a key and brings it to disk; closes fd. */
static bool fill_key(int fd)
{
	unsigned char key[SECRET_KEY_LEN];
	bool ok;
	int saved_errno;

	secret_random(key, sizeof(key));
	errno = EIO; /* what a short write means */
	ok = fchmod(fd, 0600) == 0 &&
	     write(fd, key, sizeof(key)) == (ssize_t)sizeof(key) &&
	     fsync(fd) == 0;
	saved_errno = errno;
	secret_wipe(key, sizeof(key));
	if (close(fd) != 0 && ok)
		return false;
	errno = saved_errno;
	return ok;
}

/* Makes a key under the temporary name and gives it its own. That another
 * process was faster is fine. */
static bool make_and_link(const char *path, const char *temporary)
{
	int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int saved_errno;
	bool ok;

	if (fd < 0)
		return false;
	ok = fill_key(fd) && (link(temporary, path) == 0 || errno == EEXIST);
	saved_errno = errno;
	unlink(temporary);
	errno = saved_errno;
	return ok;
}

/* PATH.tmp-RANDOM; caller ends it with text_free(). */
static void name_temporary(struct text *name, const char *path)
{
	unsigned char random[8];
	char hex[2 * sizeof(random) + 1];

	secret_random(random, sizeof(random));
	hex_encode(random, sizeof(random), hex);
	text_printf(name, "%s.tmp-%s", path, hex);
}

static bool sync_folder(const char *path, struct err *e)
{
	struct text folder = {0};
	const char *slash = strrchr(path, '/');
	bool ok;

	if (!slash)
		text_str(&folder, ".");
	else
		text_add(&folder, path, (size_t)(slash - path) + 1);
	ok = folder.is_broken ? err_nomem(e, "the key file's folder")
			      : file_sync_dir(folder.data, e);
	text_free(&folder);
	return ok;
}

static bool make_key(const char *path, struct err *e)
{
	struct text name = {0};
	bool ok;

	name_temporary(&name, path);
	if (name.is_broken)
		ok = err_nomem(e, "the key file's name");
	else
		ok = make_and_link(path, name.data) ||
		     io_failed(e, "make", path);
	text_free(&name);
	/* Also when another process made it: nothing may be sealed with a key
	 * that a power cut takes away. */
	return ok && sync_folder(path, e);
}

struct secret_key *secret_key_load(const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0 && errno == ENOENT) {
		if (!make_key(path, e))
			return NULL;
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	}
	if (fd < 0) {
		io_failed(e, "open", path);
		return NULL;
	}
	return read_key(fd, path, e);
}
