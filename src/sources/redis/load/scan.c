/* scan.c - https://redis.io/docs/latest/commands/scan/ */
#include "sources/redis/load/scan.h"

#include <stdio.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "base/text.h"
#include "sources/redis/conn.h"
#include "sources/redis/load/load_int.h"

bool redis_select_send(struct redis_conn *c, unsigned long database,
		       struct err *e)
{
	char number[REDIS_CURSOR_MAX];
	const char *const argv[] = {"SELECT", number};

	(void)snprintf(number, sizeof(number), "%lu", database);
	return redis_conn_send(c, 2, argv, NULL, e);
}

bool redis_scan_send(struct redis_scan *s, struct redis_conn *c, struct err *e)
{
	const char *const argv[] = {
		"SCAN",	 s->cursor[0] != '\0' ? s->cursor : "0",
		"COUNT", "500",
		"MATCH", s->pattern};

	return redis_conn_send(c, s->pattern != NULL ? 6 : 4, argv, NULL, e);
}

static bool are_strings(const struct redisReply *names)
{
	for (size_t i = 0; i < names->elements; i++) {
		if (names->element[i]->type != REDIS_REPLY_STRING)
			return false;
	}
	return true;
}

bool redis_scan_take(struct redis_scan *s, const struct redisReply *r,
		     const struct redisReply **names, bool *is_over,
		     struct err *e)
{
	if (r->type == REDIS_REPLY_ERROR)
		return redis_load_fault(e, r, "list the target's keys");
	if (r->type != REDIS_REPLY_ARRAY || r->elements != 2 ||
	    r->element[0]->type != REDIS_REPLY_STRING ||
	    r->element[1]->type != REDIS_REPLY_ARRAY ||
	    !are_strings(r->element[1]) ||
	    !str_copy(s->cursor, sizeof(s->cursor), r->element[0]->str))
		return err_set(e, ERR_REMOTE, "target_failed",
			       "the target's answer to SCAN is none: look "
			       "whether it is a Redis server");
	*names = r->element[1];
	*is_over = strcmp(s->cursor, "0") == 0;
	return true;
}
