/* unread.c - see unread.h. */
#include "jobs/pools/unread.h"

#include "catalog/adopted.h"
#include "jobs/jobs_int.h"
#include "jobs/pools.h"

/* A request that is canceled goes on until the job is queued. */
static void begin(struct jobs *j, const char *pool_id)
{
	struct err e = {0};
	struct jobs_op *op = jobs_adopt(j, pool_id, NULL, NULL, &e);

	if (op == NULL)
		log_error("jobs", "cannot read pool %s again: %s", pool_id,
			  e.msg);
	else
		log_info("jobs",
			 "pool %s is read again: its last reading did "
			 "not come to its end",
			 pool_id);
	jobs_op_cancel(op);
}

static void on_unread(void *arg, const char (*ids)[ID_MAX], size_t n,
		      const struct err *e)
{
	struct jobs *j = arg;

	j->unread = NULL;
	if (e != NULL)
		log_error("jobs", "cannot ask which pools are to be read: %s",
			  e->msg);
	for (size_t i = 0; i < n; i++)
		begin(j, ids[i]);
}

void unread_resume(struct jobs *j)
{
	struct err e = {0};

	if (j->unread != NULL || j->is_stopping)
		return;
	j->unread = catalog_adopt_unread(j->config.catalog, on_unread, j, &e);
	if (j->unread == NULL)
		log_error("jobs", "cannot ask which pools are to be read: %s",
			  e.msg);
}

void unread_stop(struct jobs *j)
{
	catalog_cancel(j->unread);
	j->unread = NULL;
}
