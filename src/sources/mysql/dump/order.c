/* order.c - the order in which views can be created. */
#include "sources/mysql/dump/order.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "sources/mysql/quote.h"

/* Behind a string literal; doubled quotes look like two literals in a row. */
static const char *skip_string(const char *s, const char *end)
{
	char quote = *s++;

	while (s < end && *s != quote)
		s += *s == '\\' && s + 1 < end ? 2 : 1;
	return s < end ? s + 1 : end;
}

/* `a`.`b` at *s, of a chain of names that may be longer. */
static bool read_chain(const char **s, const char *end, struct text *a,
		       struct text *b)
{
	const char *p = *s;
	bool is_pair = false;

	if (!my_unquote_name(&p, end, a)) {
		*s = end;
		return false;
	}
	if (p + 1 < end && p[0] == '.' && p[1] == '`') {
		p++;
		is_pair = my_unquote_name(&p, end, b);
	}
	/* The rest of the chain is a column. */
	while (is_pair && p + 1 < end && p[0] == '.' && p[1] == '`') {
		struct text rest = {0};

		p++;
		is_pair = my_unquote_name(&p, end, &rest);
		text_free(&rest);
	}
	*s = p;
	return is_pair;
}

bool my_references(const char *sql, size_t len, my_reference_cb *each,
		   void *arg)
{
	const char *end = sql + len;
	struct text a = {0}, b = {0};
	bool ok = true;

	while (ok && sql < end) {
		if (*sql == '\'' || *sql == '"')
			sql = skip_string(sql, end);
		else if (*sql != '`')
			sql++;
		else if (read_chain(&sql, end, &a, &b))
			ok = each(arg, a.data, b.data);
	}
	ok = ok && !a.is_broken && !b.is_broken;
	text_free(&a);
	text_free(&b);
	return ok;
}

bool my_edges_add(struct my_edges *edges, uint32_t before, uint32_t after)
{
	if (edges->n == edges->cap) {
		size_t cap = edges->cap > 0 ? edges->cap * 2 : 64;
		struct my_edge *grown =
			reallocarray(edges->list, cap, sizeof(*grown));

		if (grown == NULL)
			return false;
		edges->list = grown;
		edges->cap = cap;
	}
	edges->list[edges->n++] = (struct my_edge){before, after};
	return true;
}

void my_edges_fini(struct my_edges *edges)
{
	free(edges->list);
	*edges = (struct my_edges){0};
}

static int by_before(const void *x, const void *y)
{
	const struct my_edge *a = x, *b = y;

	if (a->before != b->before)
		return a->before < b->before ? -1 : 1;
	return (a->after > b->after) - (a->after < b->after);
}

/* How many each one still waits for; and where its edges begin. */
struct degrees {
	uint32_t *waits;
	size_t *first; /* n + 1 of them */
};

static bool degrees_init(struct degrees *d, const struct my_edges *edges,
			 uint32_t n)
{
	d->waits = calloc((size_t)n + 1, sizeof(*d->waits));
	d->first = calloc((size_t)n + 2, sizeof(*d->first));
	if (d->waits == NULL || d->first == NULL)
		return false;
	for (size_t i = 0; i < edges->n; i++) {
		d->waits[edges->list[i].after]++;
		d->first[edges->list[i].before + 1]++;
	}
	for (uint32_t i = 0; i < n; i++)
		d->first[i + 1] += d->first[i];
	return true;
}

static void degrees_fini(struct degrees *d)
{
	free(d->waits);
	free(d->first);
}

/* Those behind number i wait for one less; who waits no more joins the end. */
static uint32_t release(const struct my_edges *edges, struct degrees *d,
			uint32_t i, uint32_t *order, uint32_t n)
{
	for (size_t at = d->first[i]; at < d->first[i + 1]; at++) {
		uint32_t after = edges->list[at].after;

		if (--d->waits[after] == 0)
			order[n++] = after;
	}
	return n;
}

bool my_order(struct my_edges *edges, uint32_t *order, uint32_t n)
{
	struct degrees d;
	uint32_t done = 0;
	bool ok;

	if (edges->n > 0)
		qsort(edges->list, edges->n, sizeof(*edges->list), by_before);
	ok = degrees_init(&d, edges, n);
	for (uint32_t i = 0; ok && i < n; i++)
		if (d.waits[i] == 0)
			order[done++] = i;
	for (uint32_t i = 0; ok && i < done; i++)
		done = release(edges, &d, order[i], order, done);
	for (uint32_t i = 0; ok && i < n; i++)
		if (d.waits[i] > 0)
			order[done++] = i;
	degrees_fini(&d);
	return ok;
}
