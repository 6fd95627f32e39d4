#include "jobs/backup/backup_programs.h"

#include <string.h>

#include "sources/kinds.h"

static bool has(const json_t *reply, const struct backup_programs *p)
{
	const json_t *list = json_object_get(reply, p->list);

	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *name = json_string_value(json_array_get(list, i));

		if (p->name == NULL ||
		    (name != NULL && strcmp(name, p->name) == 0))
			return true;
	}
	return false;
}

static void lack(const struct backup_programs *p, struct err *e)
{
	if (strcmp(p->list, "tools") == 0)
		(void)err_set(e, ERR_INVALID, "source_check_failed",
			      "method \"%s\" is done by %s, and there is none "
			      "on this host: install it (package %s), name it "
			      "in helper.conf under [tool %s], or use the "
			      "method \"logical\"",
			      p->method, p->name, p->name, p->name);
	else
		(void)err_set(e, ERR_INVALID, "source_check_failed",
			      "method \"%s\" is done by a hook, and the helper "
			      "has none: add a section [hook NAME] to "
			      "helper.conf (doc/reference/hooks.md), or use "
			      "the method "
			      "\"logical\"",
			      p->method);
}

static void on_list(void *arg, json_t *reply, const struct err *e)
{
	struct backup_programs *p = arg;
	struct err mine = {0};

	p->call = NULL;
	if (reply == NULL && strcmp(e->api, "not_configured") == 0)
		(void)err_set(&mine, ERR_INVALID, "source_check_failed",
			      "method \"%s\" needs a program that "
			      "coffer-helper runs: %s",
			      p->method, e->msg);
	else if (reply == NULL)
		mine = *e;
	else if (!has(reply, p))
		lack(p, &mine);
	p->done(p->arg, failure(&mine));
}

bool backup_programs_are_needed(struct backup_programs *p,
				const struct backup_record *r,
				const struct source_record *source)
{
	const struct source_kind *kind = source_kind_find(source->engine);

	p->method = r->method;
	return kind != NULL && kind->needs != NULL &&
	       kind->needs(r->method, source->version, &p->list, &p->name);
}

bool backup_programs_ask(struct backup_programs *p, struct jobs *j,
			 catalog_done_cb *done, void *arg, struct err *e)
{
	p->done = done;
	p->arg = arg;
	if (j->config.helper == NULL)
		return err_set(e, ERR_INVALID, "source_check_failed",
			       "method \"%s\" needs a helper, and this server "
			       "has none: see helper_program in cofferd.conf",
			       p->method);
	p->call = helper_list(j->config.helper, on_list, p, e);
	return p->call != NULL;
}

void backup_programs_fini(struct backup_programs *p)
{
	program_call_cancel(p->call);
	p->call = NULL;
}
