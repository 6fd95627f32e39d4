/* files.c - the engine's entry in the table of kinds. */
#include "sources/files/files.h"

#include "sources/files/load.h"

static const char *const methods[] = {"snapshot", NULL};

/* One stream is read. */
static const struct source_option options[] = {
	{"compression_level", {"snapshot"}},
	{"strict", {"snapshot"}},
	{"one_file_system", {"snapshot"}},
	{"snapshot_hook", {"snapshot"}},
	{"incremental", {"snapshot"}},
	{"full_every", {"snapshot"}},
	{NULL, {NULL}},
};

static const struct source_kind kind = {
	.engine = "files",
	.methods = methods,
	.options = options,
	.part_suffix = ".tar",
	.is_tree = true,
	.probe = files_probe,
	.dump_new = files_dump_new,
	.load_new = files_load_new,
};

const struct source_kind *files_kind(void)
{
	return &kind;
}
