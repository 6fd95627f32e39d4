/* objects.c - the engine's entry in the table of kinds. */
#include "sources/objects/objects.h"

#include "sources/objects/load.h"

static const char *const methods[] = {"snapshot", NULL};

static const struct source_option options[] = {
	{"compression_level", {"snapshot"}},
	{"incremental", {"snapshot"}},
	{"full_every", {"snapshot"}},
	{"parallelism", {"snapshot"}},
	{"strict", {"snapshot"}},
	{NULL, {NULL}},
};

static const struct source_kind kind = {
	.engine = "objects",
	.methods = methods,
	.options = options,
	.part_suffix = ".tar",
	.is_tree = true,
	.is_bucket = true,
	.probe = objects_probe,
	.dump_new = objects_dump_new,
	.load_new = objects_load_new,
};

const struct source_kind *objects_kind(void)
{
	return &kind;
}
