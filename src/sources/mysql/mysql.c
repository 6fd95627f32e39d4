/* mysql.c - the engine's entry in the table of kinds. */
#include "sources/mysql/mysql.h"

#include <string.h>

/* A method works once its word is here. */
static const char *const methods[] = {"logical", "physical", "snapshot", NULL};

static const struct source_option options[] = {
	{"compression_level", {"logical", "physical", "snapshot"}},
	{"parallelism", {"logical", "physical", "snapshot"}},
	{"include_accounts", {"logical"}}, /* the others copy all files */
	{"lock_non_transactional", {"logical"}},
	{"incremental", {"physical"}},
	{"full_every", {"physical"}},
	{"snapshot_hook", {"snapshot"}},
	{NULL, {NULL}},
};

/* MySQL's files are copied by no tool. */
/* Of MySQL a physical backup is a CLONE into a folder that a hook gives. */
static bool needs(const char *method, const char *version, const char **list,
		  const char **name)
{
	bool is_physical = strcmp(method, "physical") == 0;
	bool is_tool = is_physical && strstr(version, "MariaDB") != NULL;

	*list = is_tool ? "tools" : "hooks";
	*name = is_tool ? "mariadb-backup" : NULL;
	return strcmp(method, "snapshot") == 0 ||
	       (is_physical && version[0] != '\0');
}

static struct dump *dump_new(const struct source_env *env,
			     const struct dump_config *c, struct err *e)
{
	switch (c->method) {
	case DUMP_LOGICAL:
		return my_dump_new(env, c, e);
	case DUMP_PHYSICAL:
		return my_physical_new(env, c, e);
	case DUMP_SNAPSHOT:
		return my_snap_new(env, c, e);
	}
	(void)err_bug(e, "a dump of an unknown method");
	return NULL;
}

static const struct source_kind kind = {
	.engine = "mysql",
	.methods = methods,
	.options = options,
	.default_port = 3306,
	.part_suffix = ".sql",
	.needs_user = true,
	.needs = needs,
	.probe = my_probe,
	.names = my_names,
	.prove = my_prove,
	.objects = my_inventory,
	.dump_new = dump_new,
	.load_new = my_load_new,
};

const struct source_kind *mysql_kind(void)
{
	return &kind;
}
