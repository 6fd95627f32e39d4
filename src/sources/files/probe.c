/* probe.c - whether the folder is there and can be read, and on what file
 * system it lies. On a worker: a share may hang. */
#include "config.h" /* for AT_EACCESS */

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/text.h"
#include "loop/workers.h"
#include "sources/files/files.h"
#include "sources/tidings.h"
#include "sources/op_int.h"

enum { SHOWN = 300 };

struct probe {
	struct source_op op; /* comes first */
	struct work work;
	char *path;
	struct source_info info;
	struct err err;
	bool is_telling;
	source_probe_cb *done;
	void *arg;
};

static struct probe *probe_of(struct work *w)
{
	return (struct probe *)((char *)w - offsetof(struct probe, work));
}

static void probe_free(struct probe *p)
{
	free(p->path);
	free(p);
}

/* Those that linux/magic.h has no name for are of include/uapi or of their own
 * trees. */
static const char *name_of(unsigned long magic)
{
	static const struct {
		unsigned long magic;
		const char *name;
	} names[] = {
		{EXT4_SUPER_MAGIC, "ext4"},
		{0x58465342, "xfs"},
		{BTRFS_SUPER_MAGIC, "btrfs"},
		{0x2fc12fc1, "zfs"},
		{TMPFS_MAGIC, "tmpfs"},
		{OVERLAYFS_SUPER_MAGIC, "overlayfs"},
		{NFS_SUPER_MAGIC, "nfs"},
		{0xff534d42, "cifs"},
		{0xfe534d42, "smb2"},
		{0x65735546, "fuse"},
		{0x00c36400, "ceph"},
		{F2FS_SUPER_MAGIC, "f2fs"},
		{0xca451a4e, "bcachefs"},
		{MSDOS_SUPER_MAGIC, "vfat"},
		{0x2011bab0, "exfat"},
		{0x5346544e, "ntfs"},
		{ISOFS_SUPER_MAGIC, "iso9660"},
		{SQUASHFS_MAGIC, "squashfs"},
		{V9FS_MAGIC, "9p"},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].magic == magic)
			return names[i].name;
	return NULL;
}

static void name_system(const struct statfs *fs, char *out, size_t cap)
{
	/* 32 bits of it count. */
	unsigned long magic = (unsigned long)fs->f_type & 0xffffffff;
	const char *name = name_of(magic);

	if (name != NULL)
		(void)str_copy(out, cap, name);
	else
		(void)snprintf(out, cap, "file system %lx", magic);
}

static bool fail(const struct probe *p, int number, struct err *e)
{
	char shown[SHOWN];

	(void)tidings_path(shown, sizeof(shown), p->path);
	if (number == EACCES || number == EPERM)
		return err_set(e, ERR_DENIED, "access_denied",
			       "the server's user may not read the folder "
			       "\"%s\": give it the right to",
			       shown);
	if (number == ENOTDIR)
		return err_set(e, ERR_INVALID, "connection_failed",
			       "\"%s\" is no folder", shown);
	return err_set(e, ERR_CONNECT, "connection_failed",
		       "the folder \"%s\" cannot be read: %s", shown,
		       strerror(number));
}

static void run(struct work *w)
{
	struct probe *p = probe_of(w);
	int fd = open(p->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct statfs fs;

	/* To list it is not enough: what is in it must be reached. */
	if (fd < 0 || fstatfs(fd, &fs) != 0 ||
	    faccessat(fd, ".", R_OK | X_OK, AT_EACCESS) != 0)
		(void)fail(p, errno, &p->err);
	else
		name_system(&fs, p->info.version, sizeof(p->info.version));
	if (fd >= 0)
		(void)close(fd);
}

static void tell(struct work *w)
{
	struct probe *p = probe_of(w);
	bool is_good = !err_is(&p->err);

	p->is_telling = true;
	p->done(p->arg, is_good ? &p->info : NULL, &p->err);
	probe_free(p);
}

static void dispose(struct work *w)
{
	probe_free(probe_of(w));
}

/* From within its own callback there is nothing left to cancel. */
static void cancel(struct source_op *op)
{
	struct probe *p = (struct probe *)(void *)op;

	if (!p->is_telling)
		work_abandon(&p->work, dispose);
}

struct source_op *files_probe(const struct source_env *env,
			      const struct source_address *a,
			      source_probe_cb *done, void *arg, struct err *e)
{
	struct probe *p = calloc(1, sizeof(*p));

	if (p != NULL)
		p->path = strdup(a->path != NULL ? a->path : "");
	if (p == NULL || p->path == NULL) {
		free(p);
		(void)err_nomem(e, "a probe");
		return NULL;
	}
	p->op.cancel = cancel;
	p->work.run = run;
	p->work.done = tell;
	p->done = done;
	p->arg = arg;
	workers_submit(env->bulk, &p->work);
	return &p->op;
}
