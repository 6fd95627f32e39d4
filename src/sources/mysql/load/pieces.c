/* pieces.c - an INSERT that is longer than a packet may be. */
#include "config.h" /* for memrchr() */
#include "sources/mysql/load/pieces.h"

#include <string.h>

#include "sources/mysql/history.h"

/* The first line end that is in no name. */
static const char *head_end(const char *sql, const char *end)
{
	bool is_name = false;

	for (; sql < end; sql++) {
		if (*sql == '`')
			is_name = !is_name;
		else if (*sql == '\n' && !is_name)
			return sql + 1;
	}
	return NULL;
}

static bool too_long(struct err *e, const char *what, size_t len, size_t limit)
{
	return err_set(e, ERR_CONFLICT, "target_incompatible",
		       "%s of %zu bytes does not fit the target's "
		       "max_allowed_packet of about %zu: raise it there",
		       what, len, limit);
}

bool my_pieces_begin(struct my_pieces *p, const char *sql, size_t len,
		     size_t limit_bytes, struct err *e)
{
	static const char insert[] = "INSERT INTO `";
	size_t prefix = my_history_prefix(sql, len);
	const char *rows = NULL;

	if (len - prefix > sizeof(insert) &&
	    memcmp(sql + prefix, insert, sizeof(insert) - 1) == 0)
		rows = head_end(sql, sql + len);
	if (rows == NULL || (size_t)(rows - sql) >= limit_bytes)
		return too_long(e, "a statement", len, limit_bytes);
	p->head = sql;
	p->head_len = (size_t)(rows - sql);
	p->at = rows;
	p->end = sql + len;
	p->limit = limit_bytes;
	return true;
}

bool my_pieces_has_more(const struct my_pieces *p)
{
	return p->at < p->end;
}

/* Behind the last row that fits, or behind the first one at least. */
static const char *cut(const struct my_pieces *p)
{
	size_t room = p->limit - p->head_len;
	const char *line_end;

	if ((size_t)(p->end - p->at) <= room)
		return p->end;
	line_end = memrchr(p->at, '\n', room);
	if (line_end == NULL)
		line_end = memchr(p->at, '\n', (size_t)(p->end - p->at));
	return line_end != NULL ? line_end + 1 : p->end;
}

bool my_pieces_next(struct my_pieces *p, const char **sql, size_t *len,
		    struct err *e)
{
	const char *upto = cut(p);
	size_t n = (size_t)(upto - p->at);

	/* The comma and the line end behind the last row. */
	while (n > 0 && (p->at[n - 1] == '\n' || p->at[n - 1] == ','))
		n--;
	if (p->head_len + n > p->limit)
		return too_long(e, "a row", p->head_len + n, p->limit);
	text_reset(&p->piece);
	text_add(&p->piece, p->head, p->head_len);
	text_add(&p->piece, p->at, n);
	p->at = upto;
	if (p->piece.is_broken)
		return err_nomem(e, "a statement");
	*sql = p->piece.data;
	*len = p->piece.len;
	return true;
}

void my_pieces_stop(struct my_pieces *p)
{
	p->at = p->end;
}

void my_pieces_fini(struct my_pieces *p)
{
	text_free(&p->piece);
}
