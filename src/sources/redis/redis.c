/* redis.c - the engine's entry in the table of kinds. */
#include "sources/redis/redis.h"

#include "sources/redis/dial.h"

static const char *const methods[] = {"logical", NULL};

/* One stream is read, whatever the source has of cores. */
static const struct source_option options[] = {
	{"compression_level", {"logical"}},
	{NULL, {NULL}},
};

static const struct source_kind kind = {
	.engine = "redis",
	.methods = methods,
	.options = options,
	.default_port = REDIS_DEFAULT_PORT,
	.part_suffix = ".rdb",
	.is_by_key = true,
	.cannot_wait = true,
	.probe = redis_probe,
	.names = redis_names,
	.dump_new = redis_dump_new,
	.load_new = redis_load_new,
};

const struct source_kind *redis_kind(void)
{
	return &kind;
}
