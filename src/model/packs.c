/* packs.c - sets of packs; see packs.h. */
#include "model/packs.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* The writer's place, or where it would have to stand. */
static size_t place_of(const struct pack_set *s, const char *writer)
{
	size_t i = 0;

	while (i < s->n && strcmp(s->writers[i].id, writer) < 0)
		i++;
	return i;
}

static const struct pack_writer *find(const struct pack_set *s,
				      const char *writer)
{
	size_t i = place_of(s, writer);

	return i < s->n && strcmp(s->writers[i].id, writer) == 0
		       ? &s->writers[i]
		       : NULL;
}

static struct pack_writer *find_or_add(struct pack_set *s, const char *writer)
{
	size_t i = place_of(s, writer);
	size_t cap = s->cap > 0 ? 2 * s->cap : 4;
	struct pack_writer *list = s->writers;

	if (i < s->n && strcmp(list[i].id, writer) == 0)
		return &list[i];
	if (s->n == s->cap) {
		list = realloc(list, cap * sizeof(*list));
		if (list == NULL)
			return NULL;
		s->writers = list;
		s->cap = cap;
	}
	memmove(&list[i + 1], &list[i], (s->n - i) * sizeof(*list));
	list[i] = (struct pack_writer){0};
	(void)str_copy(list[i].id, ID_MAX, writer);
	s->n++;
	return &list[i];
}

/* Without ranges it is in no set. */
static void drop_writer(struct pack_set *s, size_t i)
{
	free(s->writers[i].ranges);
	s->n--;
	memmove(&s->writers[i], &s->writers[i + 1],
		(s->n - i) * sizeof(*s->writers));
}

static bool grow(struct pack_writer *w)
{
	size_t cap = w->cap > 0 ? 2 * w->cap : 4;
	struct pack_range *list;

	if (w->n < w->cap)
		return true;
	list = realloc(w->ranges, cap * sizeof(*list));
	if (list == NULL)
		return false;
	w->ranges = list;
	w->cap = cap;
	return true;
}

/* The first range that ends at number or behind it. */
static size_t range_from(const struct pack_writer *w, uint32_t number)
{
	size_t low = 0, high = w->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (w->ranges[mid].last < number)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* There is room for one more. What touches becomes one. */
static void insert(struct pack_writer *w, struct pack_range r)
{
	size_t from = range_from(w, r.first > 0 ? r.first - 1 : 0), to = from;

	for (; to < w->n && w->ranges[to].first <= r.last + 1; to++) {
		if (w->ranges[to].first < r.first)
			r.first = w->ranges[to].first;
		if (w->ranges[to].last > r.last)
			r.last = w->ranges[to].last;
	}
	memmove(&w->ranges[from + 1], &w->ranges[to], (w->n - to) * sizeof(r));
	w->ranges[from] = r;
	w->n -= to - from;
	w->n++;
}

bool pack_set_add(struct pack_set *s, const char *writer, uint32_t first,
		  uint32_t last)
{
	struct pack_writer *w = find_or_add(s, writer);

	if (w == NULL)
		return false;
	if (grow(w)) {
		insert(w, (struct pack_range){first, last});
		return true;
	}
	if (w->n == 0)
		drop_writer(s, (size_t)(w - s->writers));
	return false;
}

static bool take_number(const char **at, uint32_t *out)
{
	uint32_t n = 0;

	if (**at < '1' || **at > '9')
		return false;
	for (; **at >= '0' && **at <= '9'; (*at)++) {
		n = n * 10 + (uint32_t)(**at - '0');
		if (n > PACK_NUMBER_MAX)
			return false;
	}
	*out = n;
	return true;
}

static bool take_range(const char **at, struct pack_range *r)
{
	if (!take_number(at, &r->first))
		return false;
	r->last = r->first;
	if (**at != '-')
		return true;
	(*at)++;
	return take_number(at, &r->last) && r->last >= r->first;
}

static bool is_none(struct err *e)
{
	return err_set(e, ERR_DAMAGED, "internal",
		       "a list of packs is none; look at the catalog's file "
		       "with sqlite3 and \"PRAGMA integrity_check\"");
}

bool pack_set_add_ranges(struct pack_set *s, const char *writer,
			 const char *ranges, struct err *e)
{
	const char *at = ranges;
	struct pack_range r;

	for (;;) {
		if (!take_range(&at, &r))
			return is_none(e);
		if (!pack_set_add(s, writer, r.first, r.last))
			return err_nomem(e, "a list of packs");
		if (*at == '\0')
			return true;
		if (*at++ != ',')
			return is_none(e);
	}
}

bool pack_set_unite(struct pack_set *s, const struct pack_set *other)
{
	for (size_t i = 0; i < other->n; i++) {
		const struct pack_writer *w = &other->writers[i];

		for (size_t k = 0; k < w->n; k++) {
			if (!pack_set_add(s, w->id, w->ranges[k].first,
					  w->ranges[k].last))
				return false;
		}
	}
	return true;
}

/* One line, cut into its two words. */
static bool parse_line(struct pack_set *s, char *line, struct err *e)
{
	char *space = strchr(line, ' ');

	if (space == NULL)
		return is_none(e);
	*space = '\0';
	return id_has_prefix(line, "bak")
		       ? pack_set_add_ranges(s, line, space + 1, e)
		       : is_none(e);
}

bool pack_set_parse(struct pack_set *s, const char *text, struct err *e)
{
	char *copy = strdup(text), *next = NULL;
	bool ok = copy != NULL || err_nomem(e, "a list of packs");

	for (char *line = ok ? strtok_r(copy, "\n", &next) : NULL;
	     ok && line != NULL; line = strtok_r(NULL, "\n", &next))
		ok = parse_line(s, line, e);
	free(copy);
	return ok;
}

/* Of one range, which is the i-th. */
static bool cut(struct pack_writer *w, struct pack_range off)
{
	for (size_t i = range_from(w, off.first);
	     i < w->n && w->ranges[i].first <= off.last;) {
		struct pack_range r = w->ranges[i];

		if (r.first < off.first && r.last > off.last) {
			if (!grow(w))
				return false;
			memmove(&w->ranges[i + 1], &w->ranges[i],
				(w->n - i) * sizeof(r));
			w->n++;
			w->ranges[i].last = off.first - 1;
			w->ranges[i + 1].first = off.last + 1;
			return true;
		}
		if (r.first < off.first) {
			w->ranges[i++].last = off.first - 1;
		} else if (r.last > off.last) {
			w->ranges[i++].first = off.last + 1;
		} else {
			w->n--;
			memmove(&w->ranges[i], &w->ranges[i + 1],
				(w->n - i) * sizeof(r));
		}
	}
	return true;
}

static bool subtract(struct pack_writer *w, const struct pack_writer *other)
{
	for (size_t k = 0; other != NULL && k < other->n; k++) {
		if (!cut(w, other->ranges[k]))
			return false;
	}
	return true;
}

bool pack_set_subtract(struct pack_set *s, const struct pack_set *other)
{
	for (size_t i = s->n; i-- > 0;) {
		if (!subtract(&s->writers[i], find(other, s->writers[i].id)))
			return false;
		if (s->writers[i].n == 0)
			drop_writer(s, i);
	}
	return true;
}

bool pack_set_has(const struct pack_set *s, const char *writer, uint32_t number)
{
	const struct pack_writer *w = find(s, writer);
	size_t i = w != NULL ? range_from(w, number) : 0;

	return w != NULL && i < w->n && w->ranges[i].first <= number;
}

static bool is_within(const struct pack_writer *w,
		      const struct pack_writer *other)
{
	for (size_t i = 0; i < w->n; i++) {
		size_t k = range_from(other, w->ranges[i].last);

		if (k == other->n ||
		    other->ranges[k].first > w->ranges[i].first)
			return false;
	}
	return true;
}

bool pack_set_is_within(const struct pack_set *s, const struct pack_set *other)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct pack_writer *w = find(other, s->writers[i].id);

		if (w == NULL || !is_within(&s->writers[i], w))
			return false;
	}
	return true;
}

static void add_ranges(struct text *t, const struct pack_writer *w)
{
	for (size_t i = 0; i < w->n; i++) {
		const struct pack_range *r = &w->ranges[i];

		text_printf(t, "%s%u", i > 0 ? "," : "", (unsigned)r->first);
		if (r->last > r->first)
			text_printf(t, "-%u", (unsigned)r->last);
	}
}

static char *take(struct text *t)
{
	char *text;

	text_str(t, "");
	text = text_take(t);
	text_free(t);
	return text;
}

char *pack_writer_format(const struct pack_writer *w)
{
	struct text t = {0};

	add_ranges(&t, w);
	return take(&t);
}

char *pack_set_format(const struct pack_set *s)
{
	struct text t = {0};

	for (size_t i = 0; i < s->n; i++) {
		text_printf(&t, "%s ", s->writers[i].id);
		add_ranges(&t, &s->writers[i]);
		text_str(&t, "\n");
	}
	return take(&t);
}

void pack_set_fini(struct pack_set *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->writers[i].ranges);
	free(s->writers);
	*s = (struct pack_set){0};
}
