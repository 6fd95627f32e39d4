/* list.c - pages of lists. */
#include "catalog/list_int.h"

#include <stdlib.h>
#include <string.h>

#include "base/encode.h"
#include "base/text.h"
#include "catalog/call_int.h"
#include "catalog/search_int.h"

/* So many are looked up and sorted sooner than walked to. */
enum { WALK_MIN = SEARCH_FOUND_MAX, FOUND_MIN = 500 };

/* How one page is cut out. */
struct cut {
	const struct list_sort *sort;
	const char *word; /* as given, with its '-' */
	bool is_down;
	unsigned limit;
	const char *from;
	bool is_walk; /* along the sort, see add_unindexed() */
	/* the last record of the page before; value NULL: the first page */
	char *cursor; /* what id and value point into */
	const char *id, *value;
	int64_t number, id_number;
};

void list_arg(struct list *l, struct arg a)
{
	/* More filters than that would be a bug of ours: lists say less. */
	if (l->nargs < LIST_ARGS_MAX - 4)
		l->args[l->nargs++] = a;
	else
		l->where.is_broken = true;
}

void list_where(struct list *l, const char *sql)
{
	text_str(&l->where, l->where.len == 0 ? " WHERE " : " AND ");
	text_str(&l->where, sql);
}

void list_filter(struct list *l, const char *sql, const char *value)
{
	if (value == NULL)
		return;
	list_where(l, sql);
	list_arg(l, arg_text(value));
}

void list_filter_int(struct list *l, const char *sql, int64_t value)
{
	if (value == 0)
		return;
	list_where(l, sql);
	list_arg(l, arg_int(value));
}

/* NULL when nothing has a name that long. */
static const char *fold(struct list *l, const char *value)
{
	char *folded;

	if (strlen(value) > NAME_MAX_CHARS) {
		list_where(l, "0");
		return NULL;
	}
	folded = l->folded[l->nfolded++];
	name_fold(value, folded);
	return folded;
}

void list_filter_name(struct list *l, const char *sql, const char *value)
{
	if (value != NULL)
		list_filter(l, sql, fold(l, value));
}

void list_search(struct list *l, const char *q, int64_t since, int64_t until)
{
	l->is_search = q != NULL || since != 0 || until != 0;
	l->q = q != NULL ? fold(l, q) : NULL;
	l->since = since;
	l->until = until;
}

void list_search_rows(struct list *l)
{
	list_filter(l, "name_has(b.name, ?)", l->q);
	list_filter_int(l, "b.created_at >= ?", l->since);
	list_filter_int(l, "b.created_at < ?", l->until);
}

void list_filter_ref(struct list *l, enum key_kind kind, const char *value,
		     const char *by_id, const char *by_name)
{
	if (value != NULL && (kind == KEY_SOURCE || kind == KEY_PLAN))
		l->is_narrow = true;
	if (value != NULL && key_is_id(kind, value))
		list_filter(l, by_id, value);
	else
		list_filter_name(l, by_name, value);
}

static bool fail_sort(const struct list_spec *spec, struct err *e)
{
	struct text words = {0};
	bool ok;

	for (const struct list_sort *s = spec->sorts; s->word != NULL; s++)
		text_printf(&words, "%s%s", words.len > 0 ? ", " : "", s->word);
	if (words.is_broken)
		ok = err_nomem(e, "a list");
	else
		ok = err_set(e, ERR_INVALID, "invalid_sort",
			     "this list is sorted by one of: %s; with '-' "
			     "before it from the end",
			     words.data);
	text_free(&words);
	return ok;
}

static bool cut_sort(struct cut *cut, const struct list_spec *spec,
		     const struct catalog_query *q, struct err *e)
{
	const char *newest =
		spec->newest != NULL ? spec->newest : "-created_at";
	const struct list_sort *s = spec->sorts;
	const char *word;

	cut->word = q->sort != NULL ? q->sort : newest;
	cut->is_down = cut->word[0] == '-';
	word = cut->word + cut->is_down;
	while (s->word != NULL && strcmp(s->word, word) != 0)
		s++;
	cut->sort = s;
	return s->word != NULL || fail_sort(spec, e);
}

static bool fail_cursor(struct err *e)
{
	return err_set(e, ERR_INVALID, "invalid_cursor",
		       "this cursor is not one that this list gave; take "
		       "\"next\" of the page before, with the same sort");
}

/* The number that cursor_make() wrote, all of it. */
static bool read_number(const char *s, int64_t *out)
{
	unsigned long long n;

	if (!str_to_u64(s, &n) || n > INT64_MAX)
		return false;
	*out = (int64_t)n;
	return true;
}

static bool read_id(struct cut *cut, const struct list_spec *spec,
		    const char *id)
{
	if (spec->id_is_number)
		return read_number(id, &cut->id_number);
	return id_is_shaped(id);
}

/* "sort \n id \n value", in hexadecimal: opaque, and safe in any URL. */
static bool cut_cursor(struct cut *cut, const struct list_spec *spec,
		       const char *after, struct err *e)
{
	size_t len = after != NULL ? strlen(after) / 2 : 0;
	char *id, *value;

	if (after == NULL)
		return true;
	cut->cursor = calloc(1, len + 1);
	if (cut->cursor == NULL)
		return err_nomem(e, "a list");
	if (strlen(after) != 2 * len || !hex_decode(after, cut->cursor, len))
		return fail_cursor(e);
	id = strchr(cut->cursor, '\n');
	value = id != NULL ? strchr(id + 1, '\n') : NULL;
	if (value == NULL || strlen(cut->cursor) != len)
		return fail_cursor(e);
	*id++ = *value++ = '\0';
	if (strcmp(cut->cursor, cut->word) != 0 || !read_id(cut, spec, id))
		return fail_cursor(e);
	if (!cut->sort->is_text && !read_number(value, &cut->number))
		return fail_cursor(e);
	cut->id = id;
	cut->value = value;
	return true;
}

static char *cursor_make(const struct cut *cut, const char *id,
			 const char *value)
{
	struct text plain = {0};
	char *hex = NULL;

	text_printf(&plain, "%s\n%s\n%s", cut->word, id, value);
	if (!plain.is_broken)
		hex = malloc(2 * plain.len + 1);
	if (hex != NULL)
		(void)hex_encode(plain.data, plain.len, hex);
	text_free(&plain);
	return hex;
}

static bool run_count(struct list *l, const char *what, const char *from,
		      struct catalog_op *op)
{
	struct text sql = {0};
	int64_t total = 0;
	bool ok;

	text_printf(&sql, "SELECT %s FROM %s", what, from);
	text_str(&sql, l->where.data);
	if (sql.is_broken || l->where.is_broken)
		ok = err_nomem(&op->err, "a list");
	else
		ok = db_int(op->db, sql.data, l->args, &total, &op->err);
	op->page.total = (uint64_t)total;
	text_free(&sql);
	return ok;
}

static void add_cut(struct list *l, const struct list_spec *spec,
		    const struct cut *cut)
{
	struct text above = {0};

	if (cut->value == NULL)
		return;
	text_printf(&above, "(%s, %s) %s (?, ?)", cut->sort->sql, spec->id,
		    cut->is_down ? "<" : ">");
	if (above.is_broken)
		l->where.is_broken = true;
	else
		list_where(l, above.data);
	text_free(&above);
	l->args[l->nargs++] = cut->sort->is_text ? arg_text(cut->value)
						 : arg_int(cut->number);
	l->args[l->nargs++] = spec->id_is_number ? arg_int(cut->id_number)
						 : arg_text(cut->id);
}

/*
 * The conditions, with a "+" before each column that keeps SQLite from looking
 * it up: "WHERE +b.status = ?". So it walks along the index of the sort and
 * stops when the page is full.
 */
static void add_unindexed(struct text *sql, const char *where)
{
	static const char *const before[] = {" WHERE ", " AND "};

	while (where != NULL && *where != '\0') {
		size_t n = 1;

		for (int i = 0; i < 2; i++) {
			size_t len = strlen(before[i]);

			if (strncmp(where, before[i], len) == 0)
				n = len;
		}
		text_add(sql, where, n);
		where += n;
		if (n > 1 && where[0] >= 'a' && where[0] <= 'z' &&
		    where[1] == '.')
			text_char(sql, '+');
	}
}

/*
 * The page is cut out of ids and sort values alone; only what is on it is
 * then read and joined. Sorting whole records took eight times as long.
 */
static void write_page_sql(struct text *sql, const struct list *l,
			   const struct list_spec *spec, const struct cut *cut)
{
	const char *way = cut->is_down ? "DESC" : "ASC";

	text_printf(sql,
		    "SELECT page.id, page.value, %s FROM"
		    " (SELECT %s AS id, %s AS value FROM %s",
		    spec->columns, spec->id, cut->sort->sql, cut->from);
	if (cut->is_walk)
		add_unindexed(sql, l->where.data);
	else
		text_str(sql, l->where.data);
	text_printf(sql,
		    " ORDER BY %s %s, %s %s LIMIT ?) page"
		    " CROSS JOIN %s WHERE %s = page.id"
		    " ORDER BY page.value %s, page.id %s",
		    cut->sort->sql, way, spec->id, way, spec->from, spec->id,
		    way, way);
	if (l->where.is_broken)
		sql->is_broken = true;
}

/*
 * Reads one record more than the page has: it says that there is a next page,
 * whose cursor is the last record of this one.
 */
static bool read_page(struct stmt *s, const struct list_spec *spec,
		      const struct cut *cut, struct catalog_op *op)
{
	char id[ID_MAX] = "", *value = NULL;
	bool ok = true;

	while (ok && stmt_next(s, &op->err)) {
		if (op->out.n == cut->limit) {
			op->next = cursor_make(cut, id, value);
			ok = op->next != NULL || err_nomem(&op->err, "a list");
			break;
		}
		free(value);
		value = NULL;
		stmt_copy(s, id, sizeof(id));
		stmt_dup(s, &value);
		ok = stmt_read(s, &op->err) &&
		     spec->read(s, &op->out, &op->err);
	}
	free(value);
	return ok && !err_is(&op->err);
}

static bool run_page(struct list *l, const struct list_spec *spec,
		     const struct cut *cut, struct catalog_op *op)
{
	struct text sql = {0};
	struct stmt s;
	bool ok;

	add_cut(l, spec, cut);
	l->args[l->nargs++] = arg_int((int64_t)cut->limit + 1);
	write_page_sql(&sql, l, spec, cut);
	if (sql.is_broken) {
		text_free(&sql);
		return err_nomem(&op->err, "a list");
	}
	ok = stmt_begin(&s, op->db, sql.data, l->args, &op->err);
	text_free(&sql);
	if (!ok)
		return false;
	ok = read_page(&s, spec, cut, op);
	stmt_end(&s);
	return ok;
}

static bool is_by_creation(const struct cut *cut)
{
	return strcmp(cut->sort->word, "created_at") == 0;
}

static bool run_counted(struct list *l, const struct list_spec *spec,
			struct cut *cut, struct catalog_op *op)
{
	bool has_sums = spec->sums != NULL && !l->is_narrow;

	if (!run_count(l, "coalesce(sum(n), 0)",
		       has_sums ? spec->sums : spec->totals, op))
		return false;
	/* Of many that fit some of the first along the sort do, so walking to
	 * them is better than to look all of them up and to sort them.
	 * Filters' own indices are in the order of creation. */
	cut->is_walk = op->page.total > WALK_MIN && !is_by_creation(cut);
	return run_page(l, spec, cut, op);
}

/* When it is the first page and the last one its records are all there are,
 * and looking for them once is enough. */
static bool run_page_first(struct list *l, const struct list_spec *spec,
			   struct cut *cut, struct catalog_op *op)
{
	size_t len = l->where.len;
	unsigned nargs = l->nargs;

	if (!run_page(l, spec, cut, op))
		return false;
	op->page.total = op->out.n;
	if (cut->value == NULL && op->next == NULL)
		return true;
	/* Without what the page has added. */
	l->where.len = len;
	if (l->where.data != NULL)
		l->where.data[len] = '\0';
	while (l->nargs > nargs)
		l->args[--l->nargs] = (struct arg){0};
	return run_count(l, "count(*)", cut->from, op);
}

/* Many are come upon soon, along the sort or, in the order of creation, by an
 * index that has what is searched for beside it. Few are looked up. */
static bool run_search(struct list *l, const struct list_spec *spec,
		       struct cut *cut, struct catalog_op *op)
{
	bool by_creation = is_by_creation(cut);
	uint64_t few = by_creation ? FOUND_MIN : WALK_MIN;
	struct search found = {0};
	bool ok = search_run(l, &found, op);

	if (ok && found.is_scattered) {
		search_fini(&found);
		list_search_rows(l);
		cut->from = spec->search;
		return run_page_first(l, spec, cut, op);
	}

	cut->is_walk = op->page.total > few && !by_creation;
	cut->from = cut->is_walk ? spec->table : spec->search;
	if (ok && l->q != NULL && op->page.total <= few)
		cut->from = search_narrow(l, &found);
	else
		list_search_rows(l);
	if (ok && op->page.total > 0)
		ok = run_page(l, spec, cut, op);
	search_fini(&found);
	return ok;
}

static bool run_both(struct list *l, const struct list_spec *spec,
		     struct cut *cut, struct catalog_op *op)
{
	if (l->is_search && spec->search != NULL && !l->is_narrow)
		return run_search(l, spec, cut, op);
	if (l->is_search)
		list_search_rows(l);
	cut->from = spec->table;
	if (spec->totals == NULL || l->is_search)
		return run_page_first(l, spec, cut, op);
	return run_counted(l, spec, cut, op);
}

static bool render(struct catalog_op *op)
{
	const struct catalog_query *q = &op->query;

	if (q->render == NULL)
		return true;
	op->page_text =
		q->render(q->render_with, rows_list(&op->out), &op->page);
	op->page.text = op->page_text;
	return op->page_text != NULL || err_nomem(&op->err, "a list");
}

bool list_run(struct list *l, const struct list_spec *spec,
	      struct catalog_op *op)
{
	const struct catalog_query *q = &op->query;
	struct cut cut = {.limit = q->limit};
	bool ok;

	if (cut.limit == 0)
		cut.limit = 50;
	if (cut.limit > LIST_LIMIT_MAX)
		cut.limit = LIST_LIMIT_MAX;
	ok = cut_sort(&cut, spec, q, &op->err) &&
	     cut_cursor(&cut, spec, q->after, &op->err) &&
	     run_both(l, spec, &cut, op);
	op->page.n = op->out.n;
	op->page.next = op->next;
	free(cut.cursor);
	text_free(&l->where);
	return ok && render(op);
}

bool list_one(const struct list_spec *spec, struct db *db, const char *id,
	      struct rows *out, struct err *e)
{
	struct stmt s;
	bool ok;

	if (!stmt_begin(&s, db, spec->one, ARGS(arg_text(id)), e))
		return false;
	ok = stmt_next(&s, e) && spec->read(&s, out, e);
	stmt_end(&s);
	return ok || err_bug(e, "%s is not there", id);
}

bool list_ids(struct db *db, const char *sql, const struct arg *args,
	      struct text *ids, struct err *e)
{
	char id[ID_MAX];
	struct stmt s;

	if (!stmt_begin(&s, db, sql, args, e))
		return false;
	while (stmt_next(&s, e)) {
		stmt_copy(&s, id, sizeof(id));
		text_add(ids, id, sizeof(id));
	}
	stmt_end(&s);
	return !err_is(e) && (!ids->is_broken || err_nomem(e, "a list"));
}
