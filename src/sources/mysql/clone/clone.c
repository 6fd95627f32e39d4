/* clone.c - a backup by CLONE: its phases, its beginning and its end. */
#include "sources/mysql/clone/clone_int.h"

#include <stdlib.h>

#include "base/text.h"
#include "sources/mysql/mysql.h"

enum {
	ERR_CANT_CREATE_FILE = 1004,
	ERR_CANT_CREATE_FOLDER = 1006,
	ERR_CANT_OPEN = 1016,
	ERR_FILE_EXISTS = 1086,
	ERR_NO_PLUGIN = 1524,
	ERR_TOO_MANY_CLONES = 3634, /* ER_CLONE_TOO_MANY_CONCURRENT_CLONES */
	ERR_NO_ROOM = 3873,	    /* ER_CLONE_DISK_SPACE */
};

static const struct my_snap_phase phases[SNAP_PHASE_COUNT] = {
	[SNAP_CONNECT] = {"connect", my_clone_look_new},
	[SNAP_PROBE] = {"probe", my_snap_probe_new},
	[SNAP_LOCK] = {"clone", my_clone_run_new},
	[SNAP_OPEN] = {"open", my_snap_open_new},
	[SNAP_DATA] = {"data", my_snap_pack_new},
	[SNAP_CHECK] = {"check", my_snap_release_new},
	[SNAP_DONE] = {"done", NULL},
};

struct dump *my_clone_new(const struct source_env *env,
			  const struct dump_config *c, struct err *e)
{
	const struct source_scope *scope = &c->scope;
	struct my_clone *clone = calloc(1, sizeof(*clone));
	struct my_snap *d;

	if (clone == NULL || !address_copy_init(&clone->address, &c->address)) {
		my_clone_free(clone);
		(void)err_nomem(e, "a dump");
		return NULL;
	}
	clone->wants_increments = c->wants_increments;
	clone->has_scope = scope->databases != NULL || scope->ninclude > 0 ||
			   scope->nexclude > 0;
	d = my_snap_make(env, c, phases, clone, e);
	if (d == NULL)
		return NULL;
	(void)str_copy(d->facts.part_suffix, sizeof(d->facts.part_suffix),
		       ".tar");
	return &d->base;
}

void my_clone_free(struct my_clone *c)
{
	if (c == NULL)
		return;
	address_copy_fini(&c->address);
	free(c);
}

void my_clone_leave(struct my_snap *d)
{
	if (d->clone->session != 0)
		my_clone_stop(d);
	else
		snapshot_let_go(d->hooked.snapshot);
	d->hooked.snapshot = NULL;
	my_clone_free(d->clone);
	d->clone = NULL;
}

struct meaning {
	unsigned number;
	enum err_code code;
	const char *api;
	const char *hint;
};

static const struct meaning meanings[] = {
	{ERR_CANT_CREATE_FILE, ERR_CONFLICT, "source_check_failed",
	 "see that the server may write beneath the scratch folder of the "
	 "hook (AppArmor, SELinux and systemd's ProtectSystem forbid it, too)"},
	{ERR_CANT_CREATE_FOLDER, ERR_CONFLICT, "source_check_failed",
	 "see that the server may write beneath the scratch folder of the "
	 "hook (AppArmor, SELinux and systemd's ProtectSystem forbid it, too)"},
	{ERR_CANT_OPEN, ERR_REMOTE, "source_failed",
	 "look for what removed the scratch folder of the hook, and whether "
	 "its file system is full"},
	{ERR_FILE_EXISTS, ERR_CONFLICT, "source_check_failed",
	 "CLONE copies no tables that lie outside of the data directory: move "
	 "them there, or use the method \"logical\""},
	{ERR_NO_PLUGIN, ERR_CONFLICT, "source_check_failed",
	 "run INSTALL PLUGIN clone SONAME 'mysql_clone.so' there"},
	/* Tried once more, as with other locks. */
	{ERR_TOO_MANY_CLONES, ERR_CONFLICT, "lock_not_obtained",
	 "the server runs one CLONE at a time: back up again when the other "
	 "has ended"},
	{ERR_NO_ROOM, ERR_CONFLICT, "source_check_failed",
	 "make room in the file system of the hook's scratch folder, or put "
	 "that elsewhere"},
};

bool my_clone_fault(unsigned number, struct err *e)
{
	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
		const struct meaning *m = &meanings[i];
		struct err said = *e;

		if (m->number != number)
			continue;
		err_clear(e);
		return err_set(e, m->code, m->api, "%.300s; %s", said.msg,
			       m->hint);
	}
	return false;
}
