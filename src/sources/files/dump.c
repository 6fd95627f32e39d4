/* dump.c - a dump of a tree of files: its phases, and what they share. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "sources/files/dump_int.h"
#include "sources/files/files.h"

static struct files_dump *dump_of(struct dump *d)
{
	return (struct files_dump *)(void *)d; /* comes first */
}

struct phase {
	const char *name; /* NULL: all is out */
	struct source *(*make)(struct files_dump *d, struct err *e);
};

static const struct phase plain[] = {
	{"data", files_reader_new},
	{NULL, NULL},
};

static const struct phase hooked[] = {
	{"probe", files_probe_hook_new}, {"create", files_create_new},
	{"open", files_open_new},	 {"data", files_reader_new},
	{"check", files_release_new},	 {NULL, NULL},
};

static bool next_phase(struct dump *base, struct source *out[DUMP_SOURCES_MAX],
		       size_t *n, struct err *e)
{
	struct files_dump *d = dump_of(base);
	const struct phase *phase =
		(d->hook != NULL ? hooked : plain) + d->next;

	*n = 0;
	if (phase->name == NULL)
		return true;
	log_debug("sources", "files: phase %s", phase->name);
	out[0] = phase->make(d, e);
	if (out[0] == NULL)
		return false;
	*n = 1;
	d->next++;
	(void)str_copy(d->facts.phase, sizeof(d->facts.phase), phase->name);
	return true;
}

static const struct dump_facts *facts(const struct dump *base)
{
	/* base comes first */
	return &((const struct files_dump *)(const void *)base)->facts;
}

static void destroy(struct dump *base)
{
	struct files_dump *d = dump_of(base);

	hooked_fini(&d->hooked);
	pack_free(d->pack);
	free(d->facts.physical_json);
	free(d->path);
	free(d->hook);
	free(d->backup_id);
	free(d);
}

static const struct dump_ops ops = {
	.next_phase = next_phase,
	.facts = facts,
	.destroy = destroy,
};

static bool check_config(const struct source_env *env,
			 const struct dump_config *c, struct err *e)
{
	if (c->address.path == NULL)
		return err_bug(e, "a tree without a path");
	if (c->hook != NULL && (env->helper == NULL || env->snapshots == NULL))
		return err_set(e, ERR_CONFLICT, "snapshot_refused",
			       "the server has no helper that could take a "
			       "snapshot: set up coffer-helper, or leave out "
			       "\"snapshot_hook\"");
	return true;
}

static bool fill(struct files_dump *d, const struct dump_config *c,
		 struct err *e)
{
	const struct pack_config pack = {
		.path = c->address.path,
		.excludes = c->address.excludes,
		.wanted = c->scope.wanted,
		.unwanted = c->scope.unwanted,
		.avoid = c->avoid,
		.is_strict = c->is_strict,
		.is_one_file_system = c->is_one_file_system,
		.base = c->base,
	};

	d->hooked.snapshots = d->env->snapshots;
	d->hooked.line = c->line;
	d->hooked.line_arg = c->line_arg;
	d->hold_seconds = c->hold_seconds;
	d->facts.connections = 1;
	d->facts.has_files = true;
	(void)str_copy(d->facts.consistency, sizeof(d->facts.consistency),
		       "partial");
	d->path = strdup(c->address.path);
	d->hook = c->hook != NULL ? strdup(c->hook) : NULL;
	d->backup_id = strdup(c->backup_id != NULL ? c->backup_id : "");
	d->hooked.id = d->backup_id;
	if (d->path == NULL || d->backup_id == NULL ||
	    (c->hook != NULL && d->hook == NULL))
		return err_nomem(e, "a dump");
	d->pack = pack_new(&pack, e);
	return d->pack != NULL;
}

struct dump *files_dump_new(const struct source_env *env,
			    const struct dump_config *c, struct err *e)
{
	struct files_dump *d;

	if (!check_config(env, c, e))
		return NULL;
	d = calloc(1, sizeof(*d));
	if (d == NULL) {
		(void)err_nomem(e, "a dump");
		return NULL;
	}
	d->base.ops = &ops;
	d->env = env;
	if (fill(d, c, e))
		return &d->base;
	destroy(&d->base);
	return NULL;
}
