/* provisioners.c - which provisioners there are, and what each can: the
 * helper's list, then all of them asked at the same time. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "jobs/instances.h"
#include "jobs/instances/provision.h"

enum { PROVISIONERS_MAX = 64 };

struct asked {
	struct provisioners *all;
	struct provision provision;
	char name[NAME_BUF];
	json_t *answer;
};

struct provisioners {
	struct jobs_op base; /* first */
	struct program_call *list;
	struct asked *asked;
	struct jobs_provisioner *told;
	size_t n, nwaiting;
	jobs_provisioners_cb *done;
	void *arg;
};

static void all_free(struct provisioners *p)
{
	program_call_cancel(p->list);
	for (size_t i = 0; i < p->n; i++) {
		(void)provision_cancel(&p->asked[i].provision);
		json_decref(p->asked[i].answer);
	}
	free(p->asked);
	free(p->told);
	free(p);
}

static void all_cancel(struct jobs_op *op)
{
	all_free((struct provisioners *)(void *)op);
}

static void finish(struct provisioners *p, const struct err *e)
{
	p->done(p->arg, p->told, e == NULL ? p->n : 0, e);
	all_free(p);
}

static struct jobs_provisioner *told_of(const struct asked *a)
{
	return &a->all->told[a - a->all->asked];
}

static void take(struct asked *a, json_t *reply, const struct err *e)
{
	struct jobs_provisioner *t = told_of(a);
	json_t *engines = NULL;

	if (failure(e) != NULL) {
		t->err = *e;
		return;
	}
	a->answer = json_incref(reply);
	if (provision_described(a->name, a->answer, &t->description, &engines,
				&t->err))
		t->engines = engines;
}

static void on_described(void *arg, json_t *reply, const struct err *e)
{
	struct asked *a = arg;

	take(a, reply, e);
	if (--a->all->nwaiting == 0)
		finish(a->all, NULL);
}

static void ask(struct provisioners *p, size_t i)
{
	struct asked *a = &p->asked[i];
	const struct provision_ask what = {
		.jobs = p->base.jobs,
		.provider = a->name,
		.operation = "describe",
		.request = json_object(),
		.done = on_described,
		.arg = a,
	};

	if (provision_start(&a->provision, &what, &p->told[i].err))
		p->nwaiting++;
}

static bool take_names(struct provisioners *p, const json_t *names,
		       struct err *e)
{
	size_t n = json_array_size(names);

	n = n < PROVISIONERS_MAX ? n : PROVISIONERS_MAX;
	p->asked = calloc(n + 1, sizeof(*p->asked));
	p->told = calloc(n + 1, sizeof(*p->told));
	if (p->asked == NULL || p->told == NULL)
		return err_nomem(e, "a list of provisioners");
	for (size_t i = 0; i < n; i++) {
		const char *name = json_string_value(json_array_get(names, i));
		struct asked *a = &p->asked[p->n];

		if (name == NULL || !str_copy(a->name, sizeof(a->name), name))
			continue;
		a->all = p;
		p->told[p->n++].name = a->name;
	}
	return true;
}

static bool is_unconfigured(const struct err *e)
{
	return strcmp(e->api, "not_configured") == 0;
}

static void on_list(void *arg, json_t *reply, const struct err *e)
{
	struct provisioners *p = arg;
	struct err mine = {0};

	p->list = NULL;
	if (reply == NULL) {
		mine = *e;
		/* Without helper.conf there are none, and that is right. */
		finish(p, is_unconfigured(&mine) ? NULL : &mine);
		return;
	}
	if (!take_names(p, json_object_get(reply, "provisioners"), &mine)) {
		finish(p, &mine);
		return;
	}
	for (size_t i = 0; i < p->n; i++)
		ask(p, i);
	if (p->nwaiting == 0)
		finish(p, NULL);
}

struct jobs_op *jobs_provisioners(struct jobs *j, jobs_provisioners_cb *done,
				  void *arg, struct err *e)
{
	struct provisioners *p = calloc(1, sizeof(*p));

	if (p == NULL) {
		(void)err_nomem(e, "a list of provisioners");
		return NULL;
	}
	p->base.cancel = all_cancel;
	p->base.jobs = j;
	p->done = done;
	p->arg = arg;
	if (j->config.helper == NULL)
		(void)err_set(e, ERR_REMOTE, "helper_failed",
			      "this server has no helper that could run "
			      "provisioners: see helper_program in "
			      "cofferd.conf");
	else
		p->list = helper_list(j->config.helper, on_list, p, e);
	if (p->list != NULL)
		return &p->base;
	all_free(p);
	return NULL;
}
