/* calls.c - the phases that wait for a hook and for nothing else. */
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "base/text.h"
#include "sources/files/dump_int.h"

enum { MS = 1000 };

static bool begin_probe(struct hooked *h, void *dump, struct err *e)
{
	struct files_dump *d = dump;

	h->choice = hook_choose(d->env->helper, d->path, d->hook, hooked_chosen,
				h, e);
	return h->choice != NULL;
}

struct source *files_probe_hook_new(struct files_dump *d, struct err *e)
{
	static const struct hooked_call call = {"files snapshot probe",
						begin_probe, hooked_over};

	return hooked_call_new(&call, &d->hooked, d, e);
}

static bool begin_create(struct hooked *h, void *dump, struct err *e)
{
	struct files_dump *d = dump;

	return snapshot_create(h->snapshot, d->path, d->hold_seconds * MS,
			       hooked_answered, e);
}

/* What the manifest keeps. */
static bool note_hook(struct hooked *h, void *dump, struct err *e)
{
	struct files_dump *d = dump;
	json_t *o;

	if (!hooked_over(h, dump, e))
		return false;
	o = json_pack("{s:s}", "hook", snapshot_hook(h->snapshot));
	free(d->facts.physical_json);
	d->facts.physical_json = o != NULL ? json_dumps(o, JSON_COMPACT) : NULL;
	json_decref(o);
	(void)str_copy(d->facts.consistency, sizeof(d->facts.consistency),
		       "consistent");
	return d->facts.physical_json != NULL ||
	       err_nomem(e, "what is known of a snapshot");
}

struct source *files_create_new(struct files_dump *d, struct err *e)
{
	static const struct hooked_call call = {"files snapshot create",
						begin_create, note_hook};

	return hooked_call_new(&call, &d->hooked, d, e);
}

struct source *files_open_new(struct files_dump *d, struct err *e)
{
	static const struct hooked_call call = {"files snapshot open",
						hooked_open, hooked_over};

	return hooked_call_new(&call, &d->hooked, d, e);
}

/* The data is there; the keeper goes on trying. */
static bool released(struct hooked *h, void *dump, struct err *e)
{
	struct files_dump *d = dump;
	struct source_warning *w = &d->facts.warnings[d->facts.nwarnings];

	(void)e;
	if (!err_is(&h->answer) || d->facts.nwarnings == SOURCE_WARNINGS_MAX)
		return true;
	d->facts.nwarnings++;
	(void)str_copy(w->code, sizeof(w->code), "snapshot_not_released");
	(void)snprintf(w->detail, sizeof(w->detail),
		       "the snapshot is still there, and is tried again to be "
		       "released: %.250s",
		       h->answer.msg);
	return true;
}

struct source *files_release_new(struct files_dump *d, struct err *e)
{
	static const struct hooked_call call = {"files snapshot release",
						hooked_release, released};

	return hooked_call_new(&call, &d->hooked, d, e);
}
