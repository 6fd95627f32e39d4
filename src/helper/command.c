/*
 * command.c - arguments of programs. What identifies an account goes into an
 * option file that this program writes: none of it is in argv, and nobody can
 * put options of the tool's own (a plugin's path) into it.
 */
#include "command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "request.h"
#include "settings.h"

enum { OPTIONS_MAX = 16 * 1024, DEFAULT_PORT = 3306 };

static bool add(struct command *c, const char *argument, struct err *e)
{
	if (c->argc == COMMAND_ARGUMENTS_MAX)
		return err_set(e, ERR_INVALID, "program_refused",
			       "too many arguments");
	c->argv[c->argc] = strdup(argument);
	if (c->argv[c->argc] == NULL)
		return err_nomem(e, "arguments");
	c->argc++;
	return true;
}

static bool add_number(struct command *c, const char *option, json_int_t n,
		       struct err *e)
{
	char text[96];

	if (n == 0)
		return true;
	(void)snprintf(text, sizeof(text), "%s%lld", option, (long long)n);
	return add(c, text, e);
}

static bool add_all(struct command *c, const char *const *arguments,
		    struct err *e)
{
	for (; *arguments != NULL; arguments++) {
		if (!add(c, *arguments, e))
			return false;
	}
	return true;
}

static bool add_tool(struct command *c, const struct settings *s,
		     const char *name, struct err *e)
{
	char path[128];

	return add(c, settings_tool(s, name, path, sizeof(path)), e);
}

static bool no_such_name(const struct request *r, struct err *e)
{
	return err_set(e, ERR_INVALID, "not_configured",
		       "coffer-helper has no %s \"%s\"", verb_name(r->verb),
		       r->name);
}

static bool build_contract(struct command *c, const struct settings *s,
			   const struct request *r, enum program_kind kind,
			   struct err *e)
{
	const struct program_setting *p = settings_program(s, kind, r->name);

	if (p == NULL)
		return err_set(e, ERR_INVALID, "not_configured",
			       "helper.conf has no section [%s %s]",
			       program_kind_name(kind), r->name);
	if (!add(c, p->program, e))
		return false;
	for (size_t i = 0; i < p->narguments; i++) {
		if (!add(c, p->arguments[i], e))
			return false;
	}
	return add(c, request_text(r, "operation"), e);
}

/* my.cnf's own quoting. */
static void option(struct text *t, const char *name, const char *value)
{
	if (value == NULL)
		return;
	text_printf(t, "%s=\"", name);
	for (; *value != '\0'; value++) {
		if (*value == '"' || *value == '\\')
			text_char(t, '\\');
		text_char(t, *value);
	}
	text_str(t, "\"\n");
}

static void option_tls(struct text *t, const char *tls)
{
	if (tls == NULL || strcmp(tls, "preferred") == 0)
		return;
	if (strcmp(tls, "disabled") == 0) {
		text_str(t, "skip-ssl\n");
		return;
	}
	text_str(t, "ssl\n");
	if (strcmp(tls, "verify") == 0)
		text_str(t, "ssl-verify-server-cert\n");
}

static bool write_options(struct command *c, const struct request *r,
			  struct err *e)
{
	struct text *t = &c->option_file;
	json_int_t port = request_number(r, "port");

	/* What grows would leave copies of the secret behind. */
	if (!text_reserve(t, OPTIONS_MAX))
		return err_nomem(e, "an option file");
	text_str(t, "[mariadb-backup]\n");
	option(t, "user", request_text(r, "user"));
	option(t, "password", r->secret);
	option(t, "socket", request_text(r, "socket"));
	option(t, "host", request_text(r, "host"));
	/* Else "localhost" would be some socket, and not who was asked. */
	if (request_text(r, "host") != NULL)
		text_str(t, "protocol=tcp\n");
	if (port != 0)
		text_printf(t, "port=%lld\n", (long long)port);
	option_tls(t, request_text(r, "tls"));
	option(t, "ssl-ca", request_text(r, "ca_file"));
	return !t->is_broken || err_nomem(e, "an option file");
}

static void list_names(struct text *t, const struct request *r,
		       const char *field)
{
	const json_t *list = json_object_get(r->fields, field);

	for (size_t i = 0; i < json_array_size(list); i++) {
		text_str(t, t->len > 0 ? " " : "--databases=");
		text_str(t, json_string_value(json_array_get(list, i)));
	}
}

static bool add_scope(struct command *c, const struct request *r, struct err *e)
{
	struct text t = {0};
	bool ok = true;

	list_names(&t, r, "databases");
	list_names(&t, r, "tables");
	if (t.is_broken)
		ok = err_nomem(e, "arguments");
	else if (t.len > 0)
		ok = add(c, t.data, e);
	text_free(&t);
	return ok;
}

static bool add_lsn(struct command *c, const struct request *r, struct err *e)
{
	if (json_object_get(r->fields, "incremental_lsn") == NULL)
		return true;
	if (request_number(r, "incremental_lsn") == 0)
		return add(c, "--incremental-lsn=0", e);
	return add_number(c, "--incremental-lsn=",
			  request_number(r, "incremental_lsn"), e);
}

static struct owner_address address_of(const struct request *r)
{
	json_int_t port = request_number(r, "port");

	return (struct owner_address){
		.socket = request_text(r, "socket"),
		.host = request_text(r, "host"),
		.port = port != 0 ? (unsigned)port : DEFAULT_PORT,
	};
}

static bool build_backup(struct command *c, const struct settings *s,
			 const struct request *r, struct err *e)
{
	/* The option file must come first. */
	static const char *const fixed[] = {"--defaults-file=/dev/fd/3",
					    "--backup", "--stream=xbstream",
					    "--target-dir=.", NULL};

	if (strcmp(r->name, "mariadb-backup") != 0)
		return no_such_name(r, e);
	c->place = PLACE_SCRATCH;
	c->server = address_of(r);
	return add_tool(c, s, "mariadb-backup", e) && add_all(c, fixed, e) &&
	       add_number(c, "--parallel=", request_number(r, "parallel"), e) &&
	       add_lsn(c, r, e) && add_scope(c, r, e) && write_options(c, r, e);
}

static bool build_unpack(struct command *c, const struct settings *s,
			 const struct request *r, struct err *e)
{
	/* No file of root's with rights that an archive chose. */
	static const char *const untar[] = {"--extract",
					    "--file=-",
					    "--sparse",
					    "--no-same-owner",
					    "--no-same-permissions",
					    "--no-overwrite-dir",
					    NULL};

	c->place = PLACE_INSTANCES;
	c->directory = request_text(r, "directory");
	c->makes_directory = true;
	if (strcmp(r->name, "xbstream") == 0)
		return add_tool(c, s, "mbstream", e) && add(c, "-x", e) &&
		       add_number(c,
				  "--parallel=", request_number(r, "parallel"),
				  e);
	if (strcmp(r->name, "tar") == 0)
		return add_tool(c, s, "tar", e) && add_all(c, untar, e);
	if (strcmp(r->name, "rdb") == 0) {
		c->output_file = "dump.rdb";
		return add_tool(c, s, "cat", e);
	}
	return no_such_name(r, e);
}

static bool build_prepare(struct command *c, const struct settings *s,
			  const struct request *r, struct err *e)
{
	/* Else what was unpacked could name a folder of plugins to load. */
	static const char *const fixed[] = {
		"--prepare", "--target-dir=.",
		"--plugin-dir=/usr/lib/mysql/plugin", NULL};

	if (strcmp(r->name, "mariadb-backup") != 0)
		return no_such_name(r, e);
	c->place = PLACE_INSTANCES;
	c->directory = request_text(r, "directory");
	c->extra_directory = request_text(r, "incremental_directory");
	return add_tool(c, s, "mariadb-backup", e) && add_all(c, fixed, e) &&
	       (c->extra_directory == NULL ||
		add(c, "--incremental-dir=/dev/fd/3", e)) &&
	       (!request_flag(r, "export") || add(c, "--export", e)) &&
	       add_number(c, "--use-memory=", request_number(r, "memory_bytes"),
			  e);
}

static bool build_pack(struct command *c, const struct settings *s,
		       const struct request *r, struct err *e)
{
	static const char *const fixed[] = {
		"--create", "--file=-",	       "--format=posix",
		"--sparse", "--numeric-owner", ".",
		NULL};

	if (strcmp(r->name, "tar") != 0)
		return no_such_name(r, e);
	c->place = PLACE_SNAPSHOTS;
	c->directory = request_text(r, "directory");
	return add_tool(c, s, "tar", e) && add_all(c, fixed, e);
}

bool command_build(struct command *c, const struct settings *s,
		   const struct request *r, struct err *e)
{
	switch (r->verb) {
	case VERB_PROVISION:
		return build_contract(c, s, r, PROGRAM_PROVISIONER, e);
	case VERB_HOOK:
		return build_contract(c, s, r, PROGRAM_HOOK, e);
	case VERB_BACKUP:
		return build_backup(c, s, r, e);
	case VERB_UNPACK:
		return build_unpack(c, s, r, e);
	case VERB_PREPARE:
		return build_prepare(c, s, r, e);
	case VERB_PACK:
		return build_pack(c, s, r, e);
	case VERB_LIST:
	case VERB_REMOVE:
	case VERB_COUNT:
		break;
	}
	return err_bug(e, "%s runs no program", verb_name(r->verb));
}

void command_fini(struct command *c)
{
	for (size_t i = 0; i < c->argc; i++)
		free(c->argv[i]);
	if (c->option_file.data != NULL)
		secret_wipe(c->option_file.data, c->option_file.cap);
	text_free(&c->option_file);
	memset(c, 0, sizeof(*c));
}
