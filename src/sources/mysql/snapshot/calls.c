/*
 * calls.c - the phases that wait for a hook and for nothing else: "probe",
 * "open" and "check".
 */
#include "sources/mysql/snapshot/snap_int.h"

/* Of a clone the hook's snapshot is a folder, and a missing one is a check of
 * the source's that has failed. */
bool my_snap_explain(const struct my_snap *d, struct err *e)
{
	const struct err *a = &d->hooked.answer;

	if (!err_is(a))
		return true;
	if (d->clone != NULL && a->code != ERR_NOMEM && a->code != ERR_BUG)
		return err_set(e, a->code, "source_check_failed",
			       "the server cannot be cloned: %s", a->msg);
	*e = *a;
	return false;
}

static bool explain(struct hooked *h, void *dump, struct err *e)
{
	(void)h;
	return my_snap_explain(dump, e);
}

static bool begin_probe(struct hooked *h, void *dump, struct err *e)
{
	struct my_snap *d = dump;

	if (d->clone != NULL)
		h->choice = hook_choose_scratch(d->env->helper, d->datadir,
						hooked_chosen, h, e);
	else
		h->choice = hook_choose(d->env->helper, d->datadir, d->hook,
					hooked_chosen, h, e);
	return h->choice != NULL;
}

struct source *my_snap_probe_new(struct my_snap *d, struct err *e)
{
	static const struct hooked_call call = {"mysql snapshot probe",
						begin_probe, explain};

	return hooked_call_new(&call, &d->hooked, d, e);
}

struct source *my_snap_open_new(struct my_snap *d, struct err *e)
{
	static const struct hooked_call call = {"mysql snapshot open",
						hooked_open, explain};

	return hooked_call_new(&call, &d->hooked, d, e);
}

/* The data is there; the keeper goes on trying. */
static bool released(struct hooked *h, void *dump, struct err *e)
{
	struct my_snap *d = dump;

	(void)e;
	if (err_is(&h->answer))
		my_snap_warn(d, "snapshot_not_released",
			     "the %s is still there, and is tried again to be "
			     "released: %.250s",
			     d->clone != NULL ? "clone" : "snapshot",
			     h->answer.msg);
	return true;
}

struct source *my_snap_release_new(struct my_snap *d, struct err *e)
{
	static const struct hooked_call call = {"mysql snapshot release",
						hooked_release, released};

	return hooked_call_new(&call, &d->hooked, d, e);
}
