/* copy.c - phase "data": the program, what it is given, what is made of its
 * lines and its end. */
#include "sources/mysql/physical/physical_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "programs/stream.h"

static bool put(json_t *o, const char *name, json_t *value)
{
	return json_object_set_new(o, name, value) == 0;
}

static const char *tls_word(enum source_tls tls)
{
	switch (tls) {
	case TLS_DISABLED:
		return "disabled";
	case TLS_PREFERRED:
		return "preferred";
	case TLS_REQUIRED:
		return "required";
	case TLS_VERIFY:
		break;
	}
	return "verify";
}

static bool put_address(json_t *o, const struct source_address *a)
{
	if (a->socket != NULL)
		return put(o, "socket", json_string(a->socket));
	return put(o, "host", json_string(a->host)) &&
	       put(o, "port", json_integer(a->port != 0 ? a->port : 3306)) &&
	       put(o, "tls", json_string(tls_word(a->tls))) &&
	       (a->ca_file == NULL ||
		put(o, "ca_file", json_string(a->ca_file)));
}

static json_t *fields_of(const struct my_physical *p)
{
	const struct source_address *a = &p->address.view;
	const struct my_base *base = &p->increment;
	json_t *o = json_object();

	if (put_address(o, a) &&
	    (a->user == NULL || put(o, "user", json_string(a->user))) &&
	    (p->parallelism == 0 ||
	     put(o, "parallel", json_integer(p->parallelism))) &&
	    (!base->is_wanted || put(o, "incremental_lsn",
				     json_integer((json_int_t)base->to_lsn))) &&
	    my_pick_put(p, o))
		return o;
	json_decref(o);
	return NULL;
}

static void on_line(void *arg, const char *text)
{
	struct my_physical *p = arg;

	if (my_tool_line(&p->tool, text) && p->line != NULL)
		p->line(p->line_arg, text);
	p->facts.items_done = p->tool.files;
}

/* With the first of them the tool's own version has been told. */
static bool on_bytes(void *arg, const unsigned char *bytes, size_t n,
		     struct err *e)
{
	const struct my_physical *p = arg;

	(void)bytes;
	(void)n;
	return my_tool_fits(&p->tool, p->server.version, e);
}

static bool take_facts(struct my_physical *p, struct err *e)
{
	const struct my_tool *t = &p->tool;
	struct dump_facts *f = &p->facts;

	memcpy(f->binlog_file, t->binlog_file, sizeof(f->binlog_file));
	f->binlog_position = t->binlog_position;
	memcpy(f->gtid, t->gtid, sizeof(f->gtid));
	f->is_incremental = p->increment.is_wanted;
	free(f->physical_json);
	f->physical_json = my_base_format(
		&p->here, t, f->is_incremental ? p->increment.to_lsn : 0);
	return f->physical_json != NULL || err_nomem(e, "a backup's position");
}

/* What a program is that could not be run, or is not one of this kind. */
static bool not_run(const struct program_end *end, struct err *e)
{
	if (strcmp(end->err.api, "not_configured") == 0)
		return err_set(e, ERR_REMOTE, "source_check_failed",
			       "there is no mariadb-backup on this host (%s): "
			       "install it (package mariadb-backup), or name "
			       "it in helper.conf under [tool mariadb-backup]",
			       end->err.msg);
	return err_set(e, end->err.code, "source_check_failed",
		       "mariadb-backup cannot be run: %s", end->err.msg);
}

static bool on_end(void *arg, const struct program_end *end, struct err *e)
{
	struct my_physical *p = arg;

	if (!end->is_started)
		return not_run(end, e);
	if (!my_tool_fits(&p->tool, p->server.version, e))
		return false;
	if (err_is(&end->err))
		return my_tool_fault(&p->tool, end->err.msg, e);
	return my_tool_check(&p->tool, e) && take_facts(p, e);
}

struct source *my_copy_new(struct my_physical *p, struct err *e)
{
	json_t *fields = fields_of(p);
	struct item *item =
		item_new(0, ITEM_DATA, "files", "", "mariadb-backup");
	const struct program_stream_config c = {
		.helper = p->env->helper,
		.loop = p->env->loop,
		.request = {.verb = "backup",
			    .name = "mariadb-backup",
			    .fields = fields,
			    .secret = p->address.view.password},
		.line = on_line,
		.end = on_end,
		.bytes = on_bytes,
		.arg = p,
		.fail_api = "source_check_failed",
	};
	struct source *s = NULL;

	if (fields == NULL || item == NULL)
		(void)err_nomem(e, "a program's request");
	else
		s = program_source_new(&c, item, &p->facts.plain_bytes, e);
	address_copy_forget(&p->address);
	item_unref(item);
	json_decref(fields);
	return s;
}
