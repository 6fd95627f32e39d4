/* choice.c - asks the helper what it lists. */
#include "jobs/instances/choice.h"

#include <string.h>

#include "base/text.h"
#include "jobs/jobs_int.h"
#include "programs/call.h"

static bool is_listed(const json_t *names, const char *name)
{
	const json_t *one;
	size_t i;

	json_array_foreach(names, i, one)
	{
		if (strcmp(json_string_value(one), name) == 0)
			return true;
	}
	return false;
}

static bool refuse(struct choice *c, const json_t *names, struct err *e)
{
	struct text list = {0};
	const json_t *one;
	size_t i;

	json_array_foreach(names, i, one)
		text_printf(&list, "%s\"%s\"", list.len > 0 ? ", " : "",
			    json_string_value(one));
	c->is_none = list.len == 0;
	if (c->is_none)
		(void)err_set(e, ERR_INVALID, "invalid_value",
			      "no provisioner is configured that could make "
			      "an instance: list one in helper.conf");
	else if (c->name[0] != '\0')
		(void)err_set(e, ERR_INVALID, "invalid_value",
			      "there is no provisioner \"%s\"; there are: %s",
			      c->name, list.data);
	else
		(void)err_set(e, ERR_INVALID, "invalid_value",
			      "say in \"provider\" which provisioner is to "
			      "make the instance: %s",
			      list.data);
	text_free(&list);
	return false;
}

static bool choose(struct choice *c, const json_t *names, struct err *e)
{
	if (c->name[0] != '\0')
		return is_listed(names, c->name) || refuse(c, names, e);
	if (json_array_size(names) != 1)
		return refuse(c, names, e);
	return str_copy(c->name, sizeof(c->name),
			json_string_value(json_array_get(names, 0))) ||
	       refuse(c, names, e);
}

static void on_list(void *arg, json_t *reply, const struct err *e)
{
	struct choice *c = arg;
	struct err mine = {0};

	c->call = NULL;
	if (reply == NULL)
		(void)err_set(&mine, ERR_REMOTE, "provisioner_failed",
			      "the helper cannot be asked for provisioners: %s",
			      e->msg);
	else
		(void)choose(c, json_object_get(reply, "provisioners"), &mine);
	c->done(c->arg, failure(&mine));
}

bool choice_start(struct choice *c, struct jobs *j,
		  void (*done)(void *arg, const struct err *e), void *arg,
		  struct err *e)
{
	c->done = done;
	c->arg = arg;
	c->is_none = j->config.helper == NULL;
	if (c->is_none)
		return err_set(e, ERR_REMOTE, "provisioner_failed",
			       "this server has no helper that could run a "
			       "provisioner: see helper_program in "
			       "cofferd.conf");
	c->call = helper_list(j->config.helper, on_list, c, e);
	return c->call != NULL;
}

void choice_cancel(struct choice *c)
{
	program_call_cancel(c->call);
	c->call = NULL;
}
