/* clear.c - SELECT and FLUSHDB; or SELECT, SCAN, UNLINK, SCAN, ... */
#include "sources/redis/load/clear.h"

#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "sources/redis/conn.h"
#include "sources/redis/rdb/keys.h"

static const struct redis_target_db *current(const struct redis_clear *c)
{
	return &c->load->databases[c->next];
}

static void drop_names(struct redis_clear *c)
{
	for (size_t i = 1; i < c->nwords; i++)
		free((void *)(uintptr_t)c->words[i]);
	free(c->words);
	free(c->lens);
	c->words = NULL;
	c->lens = NULL;
	c->nwords = 0;
}

static void add_name(struct redis_clear *c, const char *name, size_t len,
		     bool *is_broken)
{
	char *copy = malloc(len + 1);

	if (copy == NULL) {
		*is_broken = true;
		return;
	}
	memcpy(copy, name, len);
	copy[len] = '\0';
	c->words[c->nwords] = copy;
	c->lens[c->nwords++] = len;
}

static bool keep_names(struct redis_clear *c, const struct redisReply *names,
		       struct err *e)
{
	bool is_broken = false;

	c->words = calloc(names->elements + 1, sizeof(*c->words));
	c->lens = calloc(names->elements + 1, sizeof(*c->lens));
	if (c->words == NULL || c->lens == NULL)
		return err_nomem(e, "a list of keys");
	c->words[0] = "UNLINK";
	c->lens[0] = strlen("UNLINK");
	c->nwords = 1;
	for (size_t i = 0; i < names->elements; i++) {
		const struct redisReply *n = names->element[i];

		if (redis_scope_has_key(&c->load->scope, current(c)->from,
					n->str, n->len))
			add_name(c, n->str, n->len, &is_broken);
	}
	return !is_broken || err_nomem(e, "a list of keys");
}

static void end_database(struct redis_clear *c)
{
	c->step = CLEAR_SELECT;
	c->next++;
}

static void go_on(struct redis_clear *c)
{
	if (c->is_last)
		end_database(c);
	else
		c->step = CLEAR_SCAN;
}

static bool take_names(struct redis_clear *c, const struct redisReply *r,
		       struct err *e)
{
	const struct redisReply *names;

	if (!redis_scan_take(&c->scan, r, &names, &c->is_last, e) ||
	    !keep_names(c, names, e))
		return false;
	if (c->nwords > 1) {
		c->step = CLEAR_UNLINK;
		return true;
	}
	drop_names(c);
	go_on(c);
	return true;
}

bool redis_clear_take(struct redis_clear *c, const struct redisReply *r,
		      struct err *e)
{
	c->is_asked = false;
	if (r->type == REDIS_REPLY_ERROR)
		return redis_load_fault(e, r, "remove what is to be replaced");
	switch (c->step) {
	case CLEAR_SELECT:
		c->step = c->load->scope.nkeys == 0 ? CLEAR_FLUSH : CLEAR_SCAN;
		return true;
	case CLEAR_FLUSH:
		end_database(c);
		return true;
	case CLEAR_SCAN:
		return take_names(c, r, e);
	case CLEAR_UNLINK:
		drop_names(c);
		go_on(c);
		return true;
	}
	return true;
}

static bool select_next(struct redis_clear *c, struct redis_conn *conn,
			bool *is_over, struct err *e)
{
	const struct redis_load *l = c->load;

	while (c->next < l->ndatabases && !current(c)->is_replaced)
		c->next++;
	*is_over = c->next == l->ndatabases;
	if (*is_over)
		return true;
	c->is_last = false;
	c->scan = (struct redis_scan){0};
	if (l->scope.nkeys == 1)
		c->scan.pattern = l->scope.keys[0];
	c->is_asked = true;
	return redis_select_send(conn, current(c)->to, e);
}

bool redis_clear_next(struct redis_clear *c, struct redis_conn *conn,
		      bool *is_over, struct err *e)
{
	static const char *const flush[] = {"FLUSHDB"};

	*is_over = false;
	if (c->is_asked)
		return true;
	if (c->step == CLEAR_SELECT)
		return select_next(c, conn, is_over, e);
	c->is_asked = true;
	if (c->step == CLEAR_FLUSH)
		return redis_conn_send(conn, 1, flush, NULL, e);
	if (c->step == CLEAR_SCAN)
		return redis_scan_send(&c->scan, conn, e);
	return redis_conn_send(conn, c->nwords, c->words, c->lens, e);
}

void redis_clear_fini(struct redis_clear *c)
{
	drop_names(c);
}
