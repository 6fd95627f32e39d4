/* secret_file.c - see secret_file.h. */
#include "config.h" /* for O_PATH */
#include "base/secret_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/secret.h"

/* ASCII's "unit separator", which check_text() of no setting lets through. */
static const char mark = '\x1f';

bool secret_name_is_right(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789._-";
	size_t n = strlen(name);

	return n > 0 && n <= SECRET_NAME_MAX && name[0] != '.' &&
	       strspn(name, letters) == n;
}

bool secret_ref_is(const char *text)
{
	return text != NULL && text[0] == mark;
}

char *secret_ref_new(const char *name)
{
	size_t n = strlen(name) + 1;
	char *ref = malloc(n + 1);

	if (ref == NULL)
		return NULL;
	ref[0] = mark;
	memcpy(ref + 1, name, n);
	return ref;
}

static bool unavailable(struct err *e, const char *name, const char *why)
{
	return err_set(e, ERR_CONFLICT, "secret_unavailable",
		       "the secret \"%s\" cannot be had: %s", name, why);
}

/* systemd's credentials may be root's, with an ACL that shows as a group that
 * reads. */
static bool check_file(int fd, const char *name, struct err *e)
{
	struct stat st;
	mode_t others = S_IRWXG | S_IRWXO;

	if (fstat(fd, &st) != 0)
		return unavailable(e, name, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return unavailable(e, name, "it is no regular file");
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return unavailable(e, name,
				   "its file belongs to neither root nor the "
				   "server's user: chown it");
	if (st.st_uid == 0 && geteuid() != 0)
		others &= ~(mode_t)S_IRGRP;
	if ((st.st_mode & others) != 0)
		return unavailable(
			e, name,
			"others may use its file: chmod 0600 it, and "
			"change the secret if somebody has read it");
	return true;
}

static ssize_t read_all(int fd, char *to, size_t room)
{
	size_t n = 0;
	ssize_t did;

	while (n < room) {
		did = read(fd, to + n, room - n);
		if (did < 0 && errno == EINTR)
			continue;
		if (did < 0)
			return -1;
		if (did == 0)
			break;
		n += (size_t)did;
	}
	return (ssize_t)n;
}

/* The text in place, or what is wrong with it. */
static const char *trim(char *text, ssize_t n)
{
	if (n < 0)
		return strerror(errno);
	if (n > SECRET_FILE_MAX)
		return "its file is longer than 64 KiB";
	if (n > 0 && text[n - 1] == '\n')
		n--;
	text[n] = '\0';
	if (n == 0)
		return "its file is empty";
	if (strlen(text) != (size_t)n)
		return "its file has a NUL in it: it has to be text";
	return text[0] == mark ? "its file begins with a control character"
			       : NULL;
}

static char *read_file(int fd, const char *name, struct err *e)
{
	/* One more to see that it is longer, one for the end. */
	const size_t room = SECRET_FILE_MAX + 2;
	char *text = calloc(1, room), *fitted = NULL;
	const char *why;

	if (text == NULL) {
		(void)err_nomem(e, "a secret");
		return NULL;
	}
	why = trim(text, read_all(fd, text, room - 1));
	if (why != NULL) {
		(void)unavailable(e, name, why);
	} else {
		fitted = strdup(text);
		if (fitted == NULL)
			(void)err_nomem(e, "a secret");
	}
	secret_wipe(text, room);
	free(text);
	return fitted;
}

/* -1 with *e filled. */
static int open_file(const char *dir, const char *name, struct err *e)
{
	int folder, fd;

	folder = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0) {
		(void)unavailable(e, name,
				  "the folder of the setting secrets_dir "
				  "cannot be opened");
		return -1;
	}
	fd = openat(folder, name,
		    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		(void)unavailable(e, name,
				  errno == ENOENT ? "put a file of that name "
						    "into secrets_dir"
						  : strerror(errno));
	(void)close(folder);
	return fd;
}

char *secret_ref_read(const char *dir, const char *ref, struct err *e)
{
	const char *name = ref + 1;
	char *text = NULL;
	int fd;

	if (!secret_ref_is(ref) || !secret_name_is_right(name)) {
		(void)err_bug(e, "a broken reference to a secret");
		return NULL;
	}
	if (dir == NULL || dir[0] == '\0') {
		(void)unavailable(e, name,
				  "the server has no folder of secrets: set "
				  "secrets_dir");
		return NULL;
	}
	fd = open_file(dir, name, e);
	if (fd < 0)
		return NULL;
	if (check_file(fd, name, e))
		text = read_file(fd, name, e);
	(void)close(fd);
	return text;
}
