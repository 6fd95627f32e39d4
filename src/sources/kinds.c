/* kinds.c - the engines of this build. */
#include "sources/kinds.h"

#include <string.h>

#include "config.h"
#include "sources/op_int.h"
#ifdef WITH_MYSQL
#include "sources/mysql/mysql.h"
#endif
#ifdef WITH_REDIS
#include "sources/redis/redis.h"
#endif

enum { KINDS_MAX = 8 };

/* Filled at the first call; the loop's thread only. */
static const struct source_kind *kinds[KINDS_MAX];

const struct source_kind *const *source_kinds(void)
{
	size_t n = 0;

#ifdef WITH_MYSQL
	kinds[n++] = mysql_kind();
#endif
#ifdef WITH_REDIS
	kinds[n++] = redis_kind();
#endif
	kinds[n] = NULL;
	return kinds;
}

const struct source_kind *source_kind_find(const char *engine)
{
	const struct source_kind *const *k = source_kinds();

	while (*k != NULL && strcmp((*k)->engine, engine) != 0)
		k++;
	return *k;
}

void source_op_cancel(struct source_op *op)
{
	if (op != NULL)
		op->cancel(op);
}
