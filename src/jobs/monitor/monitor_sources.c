/* monitor_sources.c - does a source answer, and is it a primary? One that a job
 * works with is left alone. The catalog is told only what has changed. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "catalog/sources.h"
#include "jobs/monitor/monitor_int.h"

static void on_page(void *arg, const struct source_record *list,
		    const struct catalog_page *page, const struct err *e)
{
	struct monitor_round *r = arg;

	for (size_t i = 0; e == NULL && i < page->n; i++) {
		if (!list[i].is_backing_up && !list[i].is_restoring &&
		    !list[i].is_creating)
			round_add(r, list[i].id);
	}
	round_page_end(r, e == NULL ? page : NULL);
}

static struct catalog_op *sources_page(struct monitor_round *r,
				       const struct catalog_query *q,
				       struct err *e)
{
	return catalog_source_list(r->jobs->config.catalog, q, on_page, r, e);
}

static void on_told(void *arg, const struct err *e)
{
	struct look *k = arg;

	k->op = NULL;
	if (e != NULL)
		log_warn("jobs", "cannot keep how source %s is: %s", k->id,
			 e->msg);
	look_end(k);
}

static void tell(struct look *k)
{
	struct err e = {0};

	k->source.probed_at = clock_now_ms();
	k->op = catalog_source_probed(k->round->jobs->config.catalog,
				      &k->source, on_told, k, &e);
	if (k->op == NULL)
		look_end(k);
}

static void sources_verdict(struct look *k, const struct err *e)
{
	struct source_record *s = &k->source;

	if (s->id[0] == '\0' || !s->is_reachable) {
		look_end(k);
		return;
	}
	log_warn("jobs", "source \"%s\" does not answer: %s", s->name, e->msg);
	s->is_reachable = false;
	free(s->reason);
	s->reason = strdup(e->msg);
	tell(k);
}

static void on_answer(void *arg, const struct source_info *info,
		      const struct err *e)
{
	struct look *k = arg;
	struct source_record *s = &k->source;

	k->check = NULL;
	if (e != NULL) {
		sources_verdict(k, e);
		return;
	}
	if (s->is_reachable && strcmp(s->version, info->version) == 0 &&
	    strcmp(s->role, info->role) == 0) {
		look_end(k);
		return;
	}
	log_info("jobs", "source \"%s\" answers: version %s, %s", s->name,
		 info->version, info->role);
	(void)str_copy(s->version, sizeof(s->version), info->version);
	(void)str_copy(s->role, sizeof(s->role), info->role);
	s->is_reachable = true;
	free(s->reason);
	s->reason = NULL;
	tell(k);
}

static void on_got(void *arg, const struct source_record *r,
		   const struct err *e)
{
	struct look *k = arg;
	struct err mine = {0};

	k->op = NULL;
	if (e == NULL && source_record_copy(&k->source, r))
		k->check = jobs_check_source(k->round->jobs, &k->source,
					     on_answer, k, &mine);
	if (k->check == NULL)
		look_end(k); /* it went meanwhile, or cannot be looked at */
}

static bool sources_look(struct look *k, struct err *e)
{
	k->op = catalog_source_get(k->round->jobs->config.catalog, k->id, true,
				   on_got, k, e);
	return k->op != NULL;
}

const struct round_ops *monitor_sources(void)
{
	static const struct round_ops ops = {
		.page = sources_page,
		.look = sources_look,
		.verdict = sources_verdict,
	};

	return &ops;
}
