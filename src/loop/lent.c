/* lent.c - memory that a caller lends to a worker thread. */
#include "loop/lent.h"

bool lent_init(struct lent *l, struct err *e)
{
	l->is_back = false;
	if (pthread_mutex_init(&l->lock, NULL) != 0)
		return err_nomem(e, "a mutex");
	return true;
}

void lent_fini(struct lent *l)
{
	pthread_mutex_destroy(&l->lock);
}

bool lent_begin(struct lent *l)
{
	pthread_mutex_lock(&l->lock);
	if (!l->is_back)
		return true;
	pthread_mutex_unlock(&l->lock);
	return false;
}

void lent_end(struct lent *l)
{
	pthread_mutex_unlock(&l->lock);
}

void lent_return(struct lent *l)
{
	pthread_mutex_lock(&l->lock);
	l->is_back = true;
	pthread_mutex_unlock(&l->lock);
}

bool lent_is_back(struct lent *l)
{
	bool is_back;

	pthread_mutex_lock(&l->lock);
	is_back = l->is_back;
	pthread_mutex_unlock(&l->lock);
	return is_back;
}
