/* check.c - what is there already, whether it may be written into, and whether
 * there is room. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "sources/files/load/load_int.h"
#include "sources/findings.h"
#include "sources/op_int.h"

enum { MIB = 1024 * 1024 };

struct look {
	struct tree_task task; /* first */
	struct check *check;
	struct findings findings;
	struct err err; /* there was nothing to look with */
	uint64_t plain_bytes;
};

struct check {
	struct source_op base; /* comes first */
	struct look *look;
	load_check_cb *done;
	void *arg;
};

static void look_at_room(struct look *k, int fd)
{
	struct statvfs fs;
	uint64_t room;

	if (fstatvfs(fd, &fs) != 0)
		return;
	room = (uint64_t)fs.f_bavail * fs.f_frsize;
	if (room >= k->plain_bytes)
		return;
	findings_warn(&k->findings, "space_low",
		      "the target's file system has %" PRIu64
		      " MiB left, the backup holds %" PRIu64
		      " MiB: make room there",
		      room / MIB, k->plain_bytes / MIB);
}

static void look_at_owners(struct look *k)
{
	if (geteuid() != 0)
		findings_warn(&k->findings, "owners_left_out",
			      "cofferd does not run as root: all that is "
			      "restored will belong to the user it runs as, "
			      "without setuid and setgid bits");
}

static void judge_full(struct look *k)
{
	const struct tree *t = k->task.tree;

	findings_fate(&k->findings, FATE_REPLACE, t->path, NULL);
	if (!t->is_overwrite)
		findings_block(&k->findings, "target_not_empty",
			       "the folder \"%.200s\" is not empty: restore "
			       "into a new one, or set overwrite and name it "
			       "in confirm",
			       t->path);
	else if (!t->is_confirmed)
		findings_block(&k->findings, "confirm_required",
			       "what is in \"%.200s\" under the names of the "
			       "backup would be replaced: name the folder in "
			       "confirm",
			       t->path);
}

static void look_into(struct look *k, int fd, struct err *e)
{
	const struct tree *t = k->task.tree;
	bool is_empty = tree_is_empty(fd, e);

	if (err_is(e))
		return;
	if (is_empty)
		findings_fate(&k->findings, FATE_CREATE, t->path, NULL);
	else
		judge_full(k);
	if (faccessat(fd, ".", W_OK | X_OK, 0) != 0)
		findings_block(&k->findings, "access_denied",
			       "cofferd may not write into \"%.200s\"",
			       t->path);
	look_at_room(k, fd);
}

/* Where it will be made, as far as that is there. */
static void look_above(struct look *k)
{
	const struct tree *t = k->task.tree;
	int fd = open(t->beneath, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	findings_fate(&k->findings, FATE_CREATE, t->path, NULL);
	if (fd >= 0)
		look_at_room(k, fd);
	if (fd >= 0)
		(void)close(fd);
	if (access(t->beneath, W_OK | X_OK) != 0)
		findings_warn(&k->findings, "access_denied",
			      "cofferd may not write into \"%.200s\"",
			      t->beneath);
}

static void look_run(struct tree_task *task)
{
	struct look *k = (struct look *)(void *)task;
	struct err e = {0};
	int fd = tree_open(task->tree, false, &e);

	if (fd >= 0) {
		look_into(k, fd, &e);
		(void)close(fd);
	} else if (e.code == ERR_NOT_FOUND && task->tree->beneath != NULL) {
		err_clear(&e);
		look_above(k);
	}
	/* That is not the target's. */
	if (e.code == ERR_NOMEM || e.code == ERR_IO)
		k->err = e;
	else if (err_is(&e))
		findings_block(&k->findings, e.api, "%s", e.msg);
	look_at_owners(k);
}

static void look_done(struct tree_task *task)
{
	struct look *k = (struct look *)(void *)task;
	struct check *c = k->check;
	struct load_report report;
	struct err e = k->err;

	if (!err_is(&e) && findings_end(&k->findings, &report, &e))
		c->done(c->arg, &report, NULL);
	else
		c->done(c->arg, NULL, &e);
	tree_task_drop(task);
	free(c);
}

static void look_fini(struct tree_task *task)
{
	findings_fini(&((struct look *)(void *)task)->findings);
}

static void check_cancel(struct source_op *op)
{
	struct check *c = (struct check *)(void *)op;

	tree_task_drop(&c->look->task);
	free(c);
}

struct source_op *files_load_check(struct load *base, load_check_cb *done,
				   void *arg, struct err *e)
{
	static const struct tree_task_ops ops = {
		.run = look_run, .done = look_done, .fini = look_fini};
	struct files_load *l = (struct files_load *)(void *)base;
	struct check *c = calloc(1, sizeof(*c));
	struct look *k = calloc(1, sizeof(*k));

	if (c == NULL || k == NULL) {
		free(c);
		free(k);
		(void)err_nomem(e, "a check");
		return NULL;
	}
	*c = (struct check){{check_cancel}, k, done, arg};
	k->check = c;
	k->plain_bytes = l->plain_bytes;
	tree_task_init(&k->task, &ops, l->tree);
	tree_task_submit(&k->task, l->env->bulk);
	return &c->base;
}
