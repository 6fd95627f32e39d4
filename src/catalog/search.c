/*
 * search.c - searches through blocks of backups. A block that lies within the
 * span of time is asked for its count, or for those whose names fit; of those
 * that reach across one of its ends, a few, the backups are looked at.
 */
#include "catalog/search_int.h"

#include <string.h>

#include "catalog/names_int.h"

#define WITHIN	"(b.oldest >= ? AND b.newest < ?)"
#define TOUCHES "(b.newest >= ? AND b.oldest < ?)"
#define BY_NUMBER                                                              \
	"json_each(?) found CROSS JOIN backups b ON b.entry = found.value"

static void give_span(const struct list *l, struct list *to)
{
	list_arg(to, arg_int(l->since != 0 ? l->since : INT64_MIN));
	list_arg(to, arg_int(l->until != 0 ? l->until : INT64_MAX));
}

/* The filters, and then one more condition of a span. */
static void write_where(const struct list *l, struct text *sql,
			struct list *args, const char *span)
{
	if (l->where.len > 0)
		text_add(sql, l->where.data, l->where.len);
	text_str(sql, l->where.len > 0 ? " AND " : " WHERE ");
	text_str(sql, span);
	for (unsigned i = 0; i < l->nargs; i++)
		list_arg(args, l->args[i]);
	give_span(l, args);
	if (l->where.is_broken || args->where.is_broken)
		sql->is_broken = true;
}

/* Adds the number that sql gives to the total, and ends sql. */
static bool add_count(struct text *sql, const struct list *args,
		      struct catalog_op *op)
{
	int64_t n = 0;
	bool ok = sql->is_broken
			  ? err_nomem(&op->err, "a list")
			  : db_int(op->db, sql->data, args->args, &n, &op->err);

	op->page.total += (uint64_t)n;
	text_free(sql);
	return ok;
}

static bool count_within(const struct list *l, struct catalog_op *op)
{
	struct list args = {0};
	struct text sql = {0};

	text_str(&sql, "SELECT coalesce(sum(b.n), 0) FROM backup_blocks b");
	write_where(l, &sql, &args, WITHIN);
	return add_count(&sql, &args, op);
}

static bool count_across(const struct list *l, struct search *s,
			 struct catalog_op *op)
{
	struct list args = {0};
	struct text sql = {0};

	if (s->nacross == 0)
		return true;
	text_char(&s->across, ']');
	text_str(&sql, "SELECT count(*) FROM " BY_NUMBER
		       " WHERE b.created_at >= ? AND b.created_at < ?");
	list_arg(&args, arg_text(s->across.data));
	give_span(l, &args);
	if (s->across.is_broken)
		sql.is_broken = true;
	return add_count(&sql, &args, op);
}

static void add_number(struct text *all, const char *number, size_t len)
{
	text_char(all, all->len == 0 ? '[' : ',');
	text_add(all, number, len);
}

/* One block: what fits in it, and whether it lies within. */
static bool read_block(struct stmt *row, const char *q, struct search *s,
		       struct err *e)
{
	const char *text = stmt_text(row), *number;
	struct names names = {.at = text, .needle = q};
	bool is_within = stmt_bool(row);
	size_t len;

	if (!stmt_read(row, e))
		return false;
	names.left = text != NULL ? strlen(text) : 0;
	names.needle_len = strlen(q);
	while ((number = names_next(&names, &len)) != NULL) {
		uint64_t *n = is_within ? &s->nnames : &s->nacross;

		if (*n < SEARCH_FOUND_MAX)
			add_number(is_within ? &s->names : &s->across, number,
				   len);
		++*n;
	}
	return true;
}

static bool read_blocks(const struct list *l, struct search *s,
			struct catalog_op *op)
{
	struct list args = {0};
	struct text sql = {0};
	struct stmt row;
	bool ok;

	text_str(&sql, "SELECT b.names, " WITHIN " FROM backup_blocks b");
	give_span(l, &args);
	write_where(l, &sql, &args, TOUCHES);
	/* Those within are counted without looking at names. */
	if (l->q == NULL) {
		text_str(&sql, " AND NOT " WITHIN);
		give_span(l, &args);
	}
	ok = sql.is_broken
		     ? err_nomem(&op->err, "a list")
		     : stmt_begin(&row, op->db, sql.data, args.args, &op->err);
	text_free(&sql);
	if (!ok)
		return false;
	while (ok && stmt_next(&row, &op->err))
		ok = read_block(&row, l->q != NULL ? l->q : "", s, &op->err);
	stmt_end(&row);
	op->page.total = s->nnames;
	return ok && !err_is(&op->err);
}

bool search_run(const struct list *l, struct search *s, struct catalog_op *op)
{
	if (!read_blocks(l, s, op))
		return false;
	s->is_scattered = s->nacross > SEARCH_FOUND_MAX;
	if (s->is_scattered)
		return true;
	return count_across(l, s, op) && (l->q != NULL || count_within(l, op));
}

const char *search_narrow(struct list *l, struct search *s)
{
	/* Both lists in one: "[1,2" and "[3,4]". */
	if (s->nacross == 0)
		text_str(&s->names, s->nnames == 0 ? "[]" : "]");
	else if (s->nnames == 0)
		text_add(&s->names, s->across.data, s->across.len);
	else {
		text_char(&s->names, ',');
		text_add(&s->names, s->across.data + 1, s->across.len - 1);
	}
	text_free(&l->where);
	while (l->nargs > 0)
		l->args[--l->nargs] = (struct arg){0};
	list_arg(l, arg_text(s->names.data));
	list_where(l, "b.created_at >= ?");
	list_where(l, "b.created_at < ?");
	give_span(l, l);
	if (s->names.is_broken)
		l->where.is_broken = true;
	return BY_NUMBER;
}

void search_fini(struct search *s)
{
	text_free(&s->names);
	text_free(&s->across);
}
