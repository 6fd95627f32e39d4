/* restore_check.c - somebody asks what a restore would find: looks, tells. */
#include <stdlib.h>
#include <string.h>

#include "jobs/instances/create_request.h"
#include "jobs/jobs_int.h"
#include "jobs/restore/preflight.h"

enum { REQUEST_STORE_ATTEMPTS = 2 };

struct restore_check {
	struct jobs_op base; /* first */
	struct restore_record r;
	struct preflight preflight;
	jobs_restore_report_cb *done;
	void *arg;
};

static void check_free(struct restore_check *k)
{
	preflight_fini(&k->preflight);
	restore_record_fini(&k->r);
	free(k);
}

static void check_cancel(struct jobs_op *op)
{
	check_free((struct restore_check *)(void *)op);
}

static void tell(struct restore_check *k, const struct load_report *target)
{
	const struct jobs_restore_report r = {
		.target = target,
		.download_bytes = preflight_download_bytes(&k->preflight),
	};

	k->done(k->arg, &r, NULL);
}

/* What was found out about the target before it was asked. */
static void tell_one(struct restore_check *k, const struct err *e)
{
	struct load_finding f = {.is_blocker = true};
	const struct load_report target = {.findings = &f, .nfindings = 1};

	memcpy(f.code, e->api, sizeof(f.code));
	memcpy(f.detail, e->msg, sizeof(f.detail));
	tell(k, &target);
}

static void on_preflight(void *arg, const struct err *e)
{
	struct restore_check *k = arg;

	if (k->preflight.report != NULL)
		tell(k, k->preflight.report);
	else if (strcmp(e->api, "target_incompatible") == 0 ||
		 strcmp(e->api, "provisioner_failed") == 0)
		tell_one(k, e);
	else
		k->done(k->arg, NULL, e);
	check_free(k);
}

struct jobs_op *jobs_restore_check(struct jobs *j,
				   const struct restore_record *r,
				   jobs_restore_report_cb *done, void *arg,
				   struct err *e)
{
	struct restore_check *k;

	if (r->provider[0] != '\0')
		return create_check(j, r, done, arg, e);
	k = calloc(1, sizeof(*k));
	if (k == NULL) {
		(void)err_nomem(e, "a check of a restore");
		return NULL;
	}
	k->base.cancel = check_cancel;
	k->base.jobs = j;
	k->preflight.jobs = j;
	k->done = done;
	k->arg = arg;
	if (!restore_record_copy(&k->r, r)) {
		(void)err_nomem(e, "a check of a restore");
		check_free(k);
		return NULL;
	}
	if (!preflight_start(&k->preflight, &k->r, REQUEST_STORE_ATTEMPTS,
			     on_preflight, k, e)) {
		check_free(k);
		return NULL;
	}
	return &k->base;
}
