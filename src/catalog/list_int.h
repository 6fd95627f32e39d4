/*
 * list_int.h - pages of lists: filters, sorts from an allow-list, and keyset
 * paging, so that a page far behind costs what the first one does and records
 * that come or go meanwhile neither repeat nor hide others.
 */
#ifndef COFFER_CATALOG_LIST_INT_H
#define COFFER_CATALOG_LIST_INT_H

#include "base/text.h"
#include "catalog/catalog_int.h"
#include "catalog/keys_int.h"

/* One column to sort by; never NULL in any row. */
struct list_sort {
	const char *word; /* the API's */
	const char *sql;
	bool is_text;
};

/* What a table has to say about its list. */
struct list_spec {
	const char *columns; /* as read() takes them */
	const char *from;
	const char *table; /* of from, what filters and sorts speak of */
	/* table by an index in the order of creation, with names and all that
	 * filters speak of, unless they are narrow; NULL: not searched by
	 * list_search() */
	const char *search;
	const char *totals; /* what holds the same columns counted, as n, under
			     * the same name; NULL: none */
	const char *sums;   /* the same in fewer rows, without what narrow
			     * filters speak of */
	const char *id;	    /* the column, qualified */
	bool id_is_number;  /* a number that rises, no ULID */
	const char *newest; /* the sort that is meant without one; NULL:
			     * "-created_at" */
	const char *one;    /* the statement that reads one, by id */
	const struct list_sort *sorts; /* up to a word of NULL */
	/* Adds the row to out. */
	bool (*read)(struct stmt *s, struct rows *out, struct err *e);
};

/* Reads the record with that id into out; key_find() has found it. */
bool list_one(const struct list_spec *spec, struct db *db, const char *id,
	      struct rows *out, struct err *e) MUST_CHECK;

/* Adds the ids that sql gives to ids, ID_MAX bytes for each. */
bool list_ids(struct db *db, const char *sql, const struct arg *args,
	      struct text *ids, struct err *e) MUST_CHECK;

enum { LIST_ARGS_MAX = 20, LIST_LIMIT_MAX = 500 };

/* A list in the making: zero it, add filters, run. */
struct list {
	struct text where;
	struct arg args[LIST_ARGS_MAX];
	unsigned nargs;
	char folded[4][NAME_BUF]; /* names that arguments point to */
	unsigned nfolded;
	bool is_search; /* of what totals do not have: list_search() */
	const char *q;	/* in lower case, in folded; NULL: any name */
	int64_t since, until;
	bool is_narrow; /* some filter leaves few: of a source, a plan */
};

/* What is searched for beside the filters, by the columns name and created_at:
 * a part of the name, without regard to case, and a time; NULL or 0: any. */
void list_search(struct list *l, const char *q, int64_t since, int64_t until);

/* The search as conditions on rows of the table b. */
void list_search_rows(struct list *l);

/* Adds a condition with one "?", unless the value is NULL or 0. */
void list_filter(struct list *l, const char *sql, const char *value);
void list_filter_int(struct list *l, const char *sql, int64_t value);

/* The same with the value in lower case, for names. */
void list_filter_name(struct list *l, const char *sql, const char *value);

/* By id if it has the shape of one, else by name. */
void list_filter_ref(struct list *l, enum key_kind kind, const char *value,
		     const char *by_id, const char *by_name);

/* Adds a condition without "?"; an argument, in the order of their "?". */
void list_where(struct list *l, const char *sql);
void list_arg(struct list *l, struct arg a);

/* Fills op->out, op->page and op->next by op->query, and ends l.
 * "invalid_sort" "invalid_cursor". */
bool list_run(struct list *l, const struct list_spec *spec,
	      struct catalog_op *op) MUST_CHECK;

#endif
