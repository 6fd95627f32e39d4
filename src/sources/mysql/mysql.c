/* mysql.c - the engine's entry in the table of kinds. */
#include "sources/mysql/mysql.h"

static const struct source_kind kind = {
	.engine = "mysql",
	.default_port = 3306,
	.part_suffix = ".sql",
	.needs_user = true,
	.probe = my_probe,
	.names = my_names,
	.dump_new = my_dump_new,
	.load_new = my_load_new,
};

const struct source_kind *mysql_kind(void)
{
	return &kind;
}
