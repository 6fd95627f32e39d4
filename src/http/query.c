/* query.c - takes a query string apart. */
#include "http/query.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/text.h"

static bool query_decode(char *s)
{
	for (char *p = s; *p != '\0'; p++) {
		if (*p == '+')
			*p = ' ';
	}
	return percent_decode(s) && utf8_check(s, strlen(s), NULL);
}

static bool is_listed(const char *list, const char *name)
{
	while (*list != '\0') {
		size_t len = strcspn(list, " ");

		if (len > 0 && strlen(name) == len &&
		    memcmp(list, name, len) == 0)
			return true;
		list += len;
		list += strspn(list, " ");
	}
	return false;
}

static void query_add(struct query *q, char *pair, const char *allowed,
		      struct faults *f)
{
	char *value = strchr(pair, '=');

	if (value != NULL)
		*value++ = '\0';
	else
		value = pair + strlen(pair);
	if (!query_decode(pair) || !query_decode(value)) {
		faults_add(f, "query", "invalid_parameter",
			   "a parameter is badly escaped or not UTF-8");
		return;
	}
	if (!is_listed(allowed, pair))
		faults_add(f, pair, "unknown_field",
			   "there is no parameter \"%s\" here", pair);
	else if (query_get(q, pair) != NULL)
		faults_add(f, pair, "invalid_parameter",
			   "\"%s\" is given twice", pair);
	else if (q->n < QUERY_MAX) {
		q->names[q->n] = pair;
		q->values[q->n++] = value;
	}
}

bool query_parse(struct query *q, const char *raw, const char *allowed,
		 struct faults *faults)
{
	char *pair, *rest;

	memset(q, 0, sizeof(*q));
	if (raw == NULL)
		return true;
	q->text = strdup(raw);
	if (q->text == NULL)
		return false;
	for (rest = q->text; (pair = strsep(&rest, "&")) != NULL;) {
		if (*pair != '\0')
			query_add(q, pair, allowed, faults);
	}
	return true;
}

void query_fini(struct query *q)
{
	free(q->text);
	memset(q, 0, sizeof(*q));
}

const char *query_get(const struct query *q, const char *name)
{
	for (size_t i = 0; i < q->n; i++) {
		if (strcmp(q->names[i], name) == 0)
			return q->values[i];
	}
	return NULL;
}

bool query_flag(const struct query *q, const char *name, struct faults *f)
{
	const char *value = query_get(q, name);

	if (value == NULL || strcmp(value, "false") == 0 ||
	    strcmp(value, "0") == 0)
		return false;
	if (*value == '\0' || strcmp(value, "true") == 0 ||
	    strcmp(value, "1") == 0)
		return true;
	faults_add(f, name, "invalid_parameter",
		   "\"%s\" is either true or false", name);
	return false;
}

unsigned query_number(const struct query *q, const char *name, unsigned max,
		      unsigned otherwise, struct faults *f)
{
	const char *value = query_get(q, name);
	unsigned long long n;

	if (value == NULL)
		return otherwise;
	if (!str_to_u64(value, &n) || n > max) {
		faults_add(f, name, "invalid_parameter",
			   "\"%s\" is a whole number up to %u", name, max);
		return otherwise;
	}
	return (unsigned)n;
}

void query_word(const struct query *q, const char *name,
		const char *const *words, struct faults *f)
{
	const char *value = query_get(q, name);
	struct text list = {0};

	if (value == NULL || *value == '\0')
		return;
	for (const char *const *w = words; *w != NULL; w++) {
		if (strcmp(*w, value) == 0) {
			text_free(&list);
			return;
		}
		text_printf(&list, "%s%s", w == words ? "" : ", ", *w);
	}
	faults_add(f, name, "invalid_parameter", "\"%s\" is one of: %s", name,
		   list.data ? list.data : "");
	text_free(&list);
}

static void query_time(const struct query *q, const char *name, int64_t *at_ms,
		       struct faults *f)
{
	const char *value = query_get(q, name);

	if (value != NULL && !clock_parse(value, at_ms))
		faults_add(f, name, "invalid_parameter",
			   "\"%s\" is a time like 2026-12-01T02:30:00Z "
			   "(a '+' has to be sent as %%2B)",
			   name);
}

unsigned query_limit(const struct query *q, unsigned otherwise,
		     struct faults *f)
{
	unsigned n = query_number(q, "limit", LIMIT_MAX, otherwise, f);

	if (n == 0)
		faults_add(f, "limit", "invalid_parameter",
			   "\"limit\" is from 1 to %d", (int)LIMIT_MAX);
	return n;
}

/* An empty filter means none. */
static const char *query_filter(const struct query *q, const char *name)
{
	const char *value = query_get(q, name);

	return value != NULL && *value != '\0' ? value : NULL;
}

void query_list(const struct query *q, struct catalog_query *out,
		struct faults *f)
{
	memset(out, 0, sizeof(*out));
	out->limit = query_limit(q, LIMIT_DEFAULT, f);
	out->q = query_filter(q, "q");
	out->engine = query_filter(q, "engine");
	out->status = query_filter(q, "status");
	out->source = query_filter(q, "source");
	out->pool = query_filter(q, "pool");
	out->type = query_filter(q, "type");
	out->method = query_filter(q, "method");
	out->kind = query_filter(q, "kind");
	out->plan = query_filter(q, "plan");
	out->strategy = query_filter(q, "strategy");
	out->resource = query_filter(q, "resource");
	out->result = query_filter(q, "result");
	out->backup = query_filter(q, "backup");
	out->target = query_filter(q, "target");
	out->storage_type = query_filter(q, "storage_type");
	out->sort = query_filter(q, "sort");
	out->after = query_filter(q, "after");
	query_time(q, "since", &out->since, f);
	query_time(q, "until", &out->until, f);
}
