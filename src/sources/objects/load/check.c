/* check.c - looks at the bucket: whether it is there, and what is in it. */
#include <stdlib.h>

#include "sources/findings.h"
#include "sources/objects/load/load_int.h"
#include "sources/op_int.h"

struct check {
	struct source_op base; /* comes first */
	struct objects_load *load;
	struct target_op *op;
	struct findings findings;
	load_check_cb *done;
	void *arg;
};

static void check_free(struct check *c)
{
	target_stop(c->op);
	findings_fini(&c->findings);
	free(c);
}

static void check_cancel(struct source_op *op)
{
	check_free((struct check *)(void *)op);
}

static void judge_full(struct check *c)
{
	const struct objects_load *l = c->load;
	const char *place = target_place(l->target);

	findings_fate(&c->findings, FATE_REPLACE, place, NULL);
	if (!l->is_overwrite)
		findings_block(&c->findings, "target_not_empty",
			       "\"%.200s\" is not empty: restore into a new "
			       "bucket or prefix, or set overwrite and name it "
			       "in confirm",
			       place);
	else if (!l->is_confirmed)
		findings_block(&c->findings, "confirm_required",
			       "objects in \"%.200s\" that have the keys of "
			       "the backup would be replaced: name it in "
			       "confirm",
			       place);
}

static void judge(struct check *c, enum target_state found)
{
	const char *place = target_place(c->load->target);

	switch (found) {
	case TARGET_ABSENT:
		findings_warn(&c->findings, "bucket_absent",
			      "the bucket \"%.63s\" is not there: it will be "
			      "made",
			      target_name(c->load->target));
		findings_fate(&c->findings, FATE_CREATE, place, NULL);
		break;
	case TARGET_EMPTY:
		findings_fate(&c->findings, FATE_CREATE, place, NULL);
		break;
	case TARGET_FULL:
		judge_full(c);
		break;
	}
}

static void on_looked(void *arg, enum target_state found, const struct err *e)
{
	struct check *c = arg;
	struct load_report report;
	struct err mine = {0};

	c->op = NULL;
	if (e == NULL) {
		judge(c, found);
		if (!findings_end(&c->findings, &report, &mine))
			e = &mine;
	}
	c->done(c->arg, e == NULL ? &report : NULL, e);
	check_free(c);
}

struct source_op *objects_load_check(struct load *base, load_check_cb *done,
				     void *arg, struct err *e)
{
	struct check *c = calloc(1, sizeof(*c));

	if (c == NULL) {
		(void)err_nomem(e, "a check");
		return NULL;
	}
	c->base.cancel = check_cancel;
	c->load = objects_load_of(base);
	c->done = done;
	c->arg = arg;
	c->op = target_look(c->load->target, on_looked, c, e);
	if (c->op != NULL)
		return &c->base;
	check_free(c);
	return NULL;
}
