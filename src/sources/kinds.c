/* kinds.c - the engines of this build. */
#include "sources/kinds.h"

#include <pthread.h>
#include <string.h>

#include "config.h"
#include "sources/files/files.h"
#include "sources/objects/objects.h"
#include "sources/op_int.h"
#ifdef WITH_MYSQL
#include "sources/mysql/mysql.h"
#endif
#ifdef WITH_REDIS
#include "sources/redis/redis.h"
#endif

enum { KINDS_MAX = 8 };

static const struct source_kind *kinds[KINDS_MAX];
static pthread_once_t kinds_once = PTHREAD_ONCE_INIT;

static void fill(void)
{
	size_t n = 0;

#ifdef WITH_MYSQL
	kinds[n++] = mysql_kind();
#endif
#ifdef WITH_REDIS
	kinds[n++] = redis_kind();
#endif
	kinds[n++] = files_kind();
	kinds[n++] = objects_kind();
	kinds[n] = NULL;
}

const struct source_kind *const *source_kinds(void)
{
	(void)pthread_once(&kinds_once, fill);
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
