/*
 * merge.c - see merge.h.
 *
 * A file is unchanged when its type, size, mtime, ctime and inode are those of
 * the base, and its ctime is older than the base's reading: one that was
 * changed just before it was read may have been changed again within the same
 * tick of the clock (git calls such files racy). A ctime cannot be set, but
 * clocks can be: when the clock shows less than it did when the base was read,
 * no time tells anything.
 */
#include "config.h" /* for statx() */

#include "sources/files/merge.h"

#include <ctype.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "base/clock.h"

enum { MS_PER_SEC = 1000, LINE_FIELDS = 3 };

static const unsigned long zfs_magic = 0x2fc12fc1;

/* --- in order */

/* A name ends before all bytes, and a folder's content follows it. */
static int rank(unsigned char c)
{
	return c == '\0' ? 0 : c == '/' ? 1 : c + 1;
}

int merge_compare(const char *a, const char *b)
{
	/* The top comes first. */
	a = strcmp(a, ".") == 0 ? "" : a;
	b = strcmp(b, ".") == 0 ? "" : b;
	while (*a == *b && *a != '\0') {
		a++;
		b++;
	}
	return rank((unsigned char)*a) - rank((unsigned char)*b);
}

void merge_begin(struct merge *m, struct tree_base *base)
{
	m->base = base != NULL ? tree_base_ref(base) : NULL;
	m->is_over = base == NULL;
}

/* False: this one is out of order. */
static bool take(struct merge *m)
{
	const char *last = m->last.data != NULL ? m->last.data : "";
	bool is_first = m->last.data == NULL;

	if (!is_first && merge_compare(m->item.path, last) <= 0)
		return false;
	text_reset(&m->last);
	text_str(&m->last, m->item.path);
	return !m->last.is_broken;
}

static void advance(struct merge *m)
{
	int got = m->base->ops->next(m->base, &m->item, &m->err);

	m->is_over = got <= 0;
	m->has_item = got > 0 && take(m);
}

bool merge_find(struct merge *m, const char *path)
{
	struct err e = {0};

	while (!m->is_over &&
	       (!m->has_item || merge_compare(m->item.path, path) < 0))
		advance(m);
	if (!m->has_item || strcmp(m->item.path, path) != 0)
		return false;
	file_facts_fini(&m->facts);
	return file_facts_parse(&m->facts, m->item.facts, &e);
}

void merge_fini(struct merge *m)
{
	tree_base_unref(m->base);
	text_free(&m->last);
	file_facts_fini(&m->facts);
	*m = (struct merge){0};
}

/* --- what has changed */

static bool is_time(const struct file_time *a, const struct file_time *b)
{
	return a->seconds == b->seconds && a->nanoseconds == b->nanoseconds;
}

static bool is_owned_alike(const struct file_facts *a,
			   const struct file_facts *b)
{
	return a->mode == b->mode && a->uid == b->uid && a->gid == b->gid &&
	       is_time(&a->mtime, &b->mtime);
}

static bool is_text(const char *a, const char *b)
{
	return (a == NULL && b == NULL) ||
	       (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool is_alike(const struct file_facts *a, const struct file_facts *b)
{
	return a->size == b->size && a->inode == b->inode &&
	       is_time(&a->ctime, &b->ctime) && is_owned_alike(a, b) &&
	       a->major == b->major && a->minor == b->minor &&
	       is_text(a->file_system, b->file_system);
}

bool merge_is_alike(const struct merge *m, const struct file_facts *now)
{
	return is_alike(&m->facts, now);
}

bool merge_is_amended(const struct merge *m, const struct file_facts *now)
{
	return m->facts.is_amended || !is_owned_alike(&m->facts, now);
}

/* What the base has is not what the file was. */
static bool is_flawed(const struct file_facts *f)
{
	return f->is_changed || f->is_unreadable || f->is_incomplete;
}

enum merge_verdict merge_judge(const struct merge *m, const char *type,
			       const struct file_facts *now,
			       int64_t trusted_before)
{
	const struct file_facts *then = &m->facts;

	if (strcmp(m->item.type, type) != 0 || m->item.is_sparse ||
	    is_flawed(then) || now->size != then->size)
		return MERGE_OTHER;
	if (is_alike(now, then) && now->ctime.seconds < trusted_before)
		return MERGE_SAME;
	return strcmp(type, "file") == 0 ? MERGE_TOUCHED : MERGE_OTHER;
}

/* Attributes are in the header that was stored, and nowhere else. */
bool merge_has_content(const struct merge *m, const struct file_facts *now,
		       const struct digest *digest)
{
	return !m->facts.has_attributes && !now->has_attributes &&
	       !is_flawed(now) && m->item.digest.low == digest->low &&
	       m->item.digest.high == digest->high;
}

/* --- file systems */

static bool has_birth(int fd, struct statx *x)
{
	return statx(fd, "", AT_EMPTY_PATH, STATX_BTIME, x) == 0 &&
	       (x->stx_mask & STATX_BTIME) != 0 &&
	       (x->stx_btime.tv_sec != 0 || x->stx_btime.tv_nsec != 0);
}

/* Of XFS it is the device's number; of btrfs the second half is the subvolume,
 * another one in each snapshot; of ZFS all of it is. */
static void stable_id(const struct statfs *fs, unsigned id[2])
{
	memcpy(id, &fs->f_fsid, 2 * sizeof(*id));
	if (fs->f_type == XFS_SUPER_MAGIC ||
	    (unsigned long)fs->f_type == zfs_magic)
		id[0] = 0;
	if (id[0] == 0 || (unsigned long)fs->f_type == BTRFS_SUPER_MAGIC)
		id[1] = 0;
}

/* A share of NFS tells nothing but where it is from. A line of mountinfo, see
 * proc_pid_mountinfo(5): "36 35 0:98 /root /mnt rw - nfs host:/share rw". */
static bool read_share(char *line, unsigned long long id, char *out, size_t cap)
{
	char *save = NULL, *end, *root = NULL;
	const char *from = strstr(line, " - nfs");

	if (from == NULL || strtoull(line, &end, 10) != id || *end != ' ')
		return false;
	from = strchr(from + sizeof(" - nfs") - 1, ' ');
	if (from == NULL)
		return false;
	(void)snprintf(out, cap, "%s", from + 1);
	out[strcspn(out, " \n")] = '\0';
	root = strtok_r(end, " ", &save);
	for (int i = 0; root != NULL && i + 1 < LINE_FIELDS; i++)
		root = strtok_r(NULL, " ", &save);
	if (root == NULL || strlen(out) + strlen(root) >= cap)
		return false;
	(void)str_copy(out + strlen(out), cap - strlen(out), root);
	return true;
}

static bool find_share(int fd, char *out, size_t cap)
{
	struct statx x = {0};
	FILE *f = fopen("/proc/self/mountinfo", "re");
	char *line = NULL;
	size_t room = 0;
	bool is_found = false;

	if (f == NULL)
		return false;
	if (statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &x) == 0 &&
	    (x.stx_mask & STATX_MNT_ID) != 0)
		while (!is_found && getline(&line, &room, f) > 0)
			is_found = read_share(line, x.stx_mnt_id, out, cap);
	free(line);
	(void)fclose(f);
	for (char *at = out; is_found && *at != '\0'; at++)
		if (strchr("-:./_", *at) == NULL &&
		    !isalnum((unsigned char)*at))
			*at = '_';
	return is_found;
}

void merge_mount(int fd, const struct stat *st, char out[MERGE_MOUNT_MAX])
{
	struct statx x = {0};
	struct statfs fs;
	char share[MERGE_MOUNT_MAX / 2] = "";
	unsigned id[2];
	bool is_known;

	out[0] = '\0';
	if (fstatfs(fd, &fs) != 0)
		return;
	is_known = has_birth(fd, &x);
	stable_id(&fs, id);
	if (!is_known && id[0] == 0 &&
	    (fs.f_type != NFS_SUPER_MAGIC ||
	     !find_share(fd, share, sizeof(share))))
		return;
	(void)snprintf(out, MERGE_MOUNT_MAX, "%lx-%08x%08x%s-%llu-%lld.%09u",
		       (unsigned long)fs.f_type, id[0], id[1], share,
		       (unsigned long long)st->st_ino,
		       is_known ? (long long)x.stx_btime.tv_sec : 0,
		       is_known ? x.stx_btime.tv_nsec : 0);
}

/* Those whose times are of this host's clock, and exact to a second at least.
 */
static bool is_exact(int fd)
{
	const unsigned long exact[] = {
		EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC,	 BTRFS_SUPER_MAGIC,
		F2FS_SUPER_MAGIC, OVERLAYFS_SUPER_MAGIC, TMPFS_MAGIC,
		zfs_magic,
	};
	struct statfs fs;

	if (fstatfs(fd, &fs) != 0)
		return false;
	for (size_t i = 0; i < sizeof(exact) / sizeof(*exact); i++)
		if ((unsigned long)fs.f_type == exact[i])
			return true;
	return false;
}

int64_t merge_trust(const struct merge *m, bool is_found, const char *mount,
		    int fd)
{
	int64_t seconds;

	if (!is_found || m->facts.file_system == NULL || mount[0] == '\0' ||
	    strcmp(m->facts.file_system, mount) != 0 ||
	    clock_now_ms() < m->base->read_at)
		return INT64_MIN;
	seconds = m->base->read_at / MS_PER_SEC;
	return seconds -
	       (is_exact(fd) ? MERGE_TICK_SECONDS : MERGE_REMOTE_SECONDS);
}
