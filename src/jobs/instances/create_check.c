/* create_check.c - somebody asks what making an instance would find: looks at
 * backup, provisioner and name, and tells. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "catalog/sources.h"
#include "jobs/instances/create_look.h"
#include "jobs/instances/create_request.h"
#include "sources/load_report.h"

enum { FINDINGS_MAX = 2 };

struct check {
	struct jobs_op base; /* first */
	struct restore_record r;
	struct create_look look;
	struct catalog_op *op;
	struct load_finding findings[FINDINGS_MAX];
	size_t nfindings;
	jobs_restore_report_cb *done;
	void *arg;
};

static void check_free(struct check *k)
{
	catalog_cancel(k->op);
	create_look_fini(&k->look);
	restore_record_fini(&k->r);
	free(k);
}

static void check_cancel(struct jobs_op *op)
{
	check_free((struct check *)(void *)op);
}

static void add(struct check *k, const struct err *e)
{
	struct load_finding *f = &k->findings[k->nfindings++];

	f->is_blocker = true;
	memcpy(f->code, e->api, sizeof(f->code));
	memcpy(f->detail, e->msg, sizeof(f->detail));
}

static void tell(struct check *k)
{
	const char *const names[] = {k->r.target_name};
	const struct load_report target = {
		.findings = k->findings,
		.nfindings = k->nfindings,
		.would_create = names,
		.ncreate = 1,
	};
	const struct jobs_restore_report report = {
		.target = &target,
		.download_bytes = preflight_download_bytes(&k->look.preflight),
	};

	k->done(k->arg, &report, NULL);
	check_free(k);
}

static void give_up(struct check *k, const struct err *e)
{
	k->done(k->arg, NULL, e);
	check_free(k);
}

static void on_name(void *arg, const struct source_record *s,
		    const struct err *e)
{
	struct check *k = arg;
	struct err taken = {0};

	k->op = NULL;
	if (e == NULL) {
		(void)err_set(&taken, ERR_CONFLICT, "name_taken",
			      "source %s has the name \"%s\" already; choose "
			      "another",
			      s->id, s->name);
		add(k, &taken);
	}
	if (e != NULL && e->code != ERR_NOT_FOUND)
		give_up(k, e);
	else
		tell(k);
}

static bool is_blocker(const struct err *e)
{
	return strcmp(e->api, "target_incompatible") == 0 ||
	       strcmp(e->api, "provisioner_failed") == 0;
}

static void on_looked(void *arg, const struct err *e)
{
	struct check *k = arg;
	struct err mine = {0};

	if (e != NULL && !is_blocker(e)) {
		give_up(k, e);
		return;
	}
	if (e != NULL)
		add(k, e);
	k->op = catalog_source_get(k->base.jobs->config.catalog,
				   k->r.target_name, false, on_name, k, &mine);
	if (k->op == NULL)
		give_up(k, &mine);
}

struct jobs_op *create_check(struct jobs *j, const struct restore_record *r,
			     jobs_restore_report_cb *done, void *arg,
			     struct err *e)
{
	struct check *k = calloc(1, sizeof(*k));

	if (k == NULL) {
		(void)err_nomem(e, "a check of a restore");
		return NULL;
	}
	k->base.cancel = check_cancel;
	k->base.jobs = j;
	k->done = done;
	k->arg = arg;
	if (!restore_record_copy(&k->r, r))
		(void)err_nomem(e, "a check of a restore");
	else if (create_look_start(&k->look, j, &k->r, on_looked, k, e))
		return &k->base;
	check_free(k);
	return NULL;
}
