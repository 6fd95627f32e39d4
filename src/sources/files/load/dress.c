#include "sources/files/load/dress.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "sources/files/load/member.h"
#include "sources/files/load/notes.h"

/* setuid and setgid */
enum { ACTING_BITS = S_ISUID | S_ISGID };

/* What was copied is the copy's, also when that failed. */
static bool copy_attr(struct member_attr *to, const struct member_attr *from)
{
	to->name = strdup(from->name);
	to->value = malloc(from->len + 1);
	to->len = from->len;
	if (to->name == NULL || to->value == NULL)
		return false;
	memcpy(to->value, from->value, from->len);
	return true;
}

bool dress_fill(struct dress *d, const struct member *m)
{
	memset(d, 0, sizeof(*d));
	d->mode = m->mode;
	d->uid = m->uid;
	d->gid = m->gid;
	d->mtime_s = m->mtime_s;
	d->mtime_ns = m->mtime_ns;
	if (m->nattrs == 0)
		return true;
	d->attrs = calloc(m->nattrs, sizeof(*d->attrs));
	if (d->attrs == NULL)
		return false;
	while (d->nattrs < m->nattrs) {
		size_t i = d->nattrs++;

		if (copy_attr(&d->attrs[i], &m->attrs[i]))
			continue;
		dress_fini(d);
		return false;
	}
	return true;
}

static const struct timespec *times_of(const struct dress *d,
				       struct timespec times[2])
{
	times[0] = (struct timespec){.tv_nsec = UTIME_OMIT};
	times[1] =
		(struct timespec){.tv_sec = d->mtime_s, .tv_nsec = d->mtime_ns};
	return times;
}

static uint32_t mode_of(const struct dress *d, bool is_owned)
{
	return is_owned ? d->mode : d->mode & ~(uint32_t)ACTING_BITS;
}

/* The ACL that inherits comes with the rest; one that was inherited from the
 * folder goes, if the file has none itself. */
static void give_attrs(const struct dress *d, int fd, struct notes *notes,
		       const char *path)
{
	(void)fremovexattr(fd, "system.posix_acl_access");
	for (size_t i = 0; i < d->nattrs; i++) {
		const struct member_attr *a = &d->attrs[i];
		char what[200];

		if (fsetxattr(fd, a->name, a->value, a->len, 0) == 0)
			continue;
		(void)snprintf(what, sizeof(what),
			       "attribute %.80s is left out: %s", a->name,
			       strerror(errno));
		notes_add(notes, path, what);
	}
}

static void tell_owner(struct notes *notes, const char *path)
{
	char what[120];

	(void)snprintf(what, sizeof(what), "its owner is left out: %s",
		       strerror(errno));
	notes_add(notes, path, what);
}

/* chown(2) takes bits away, and attributes may: the mode comes after them. */
bool dress_file(const struct dress *d, int fd, struct notes *notes,
		const char *path)
{
	struct timespec times[2];
	bool is_owned = d->with_owner;

	if (is_owned && fchown(fd, d->uid, d->gid) != 0) {
		is_owned = false;
		tell_owner(notes, path);
	}
	(void)fchmod(fd, mode_of(d, is_owned) | S_IWUSR);
	give_attrs(d, fd, notes, path);
	return fchmod(fd, mode_of(d, is_owned)) == 0 &&
	       futimens(fd, times_of(d, times)) == 0;
}

bool dress_link(const struct dress *d, int dir, const char *leaf,
		struct notes *notes, const char *path)
{
	struct timespec times[2];

	if (d->with_owner &&
	    fchownat(dir, leaf, d->uid, d->gid, AT_SYMLINK_NOFOLLOW) != 0)
		tell_owner(notes, path);
	return utimensat(dir, leaf, times_of(d, times), AT_SYMLINK_NOFOLLOW) ==
	       0;
}

void dress_fini(struct dress *d)
{
	for (size_t i = 0; i < d->nattrs; i++) {
		free(d->attrs[i].name);
		free(d->attrs[i].value);
	}
	free(d->attrs);
	memset(d, 0, sizeof(*d));
}
