/* split.c - cuts the text of a dump into statements. */
#include "sources/mysql/load/split.h"

#include <string.h>

static const char command[] = "DELIMITER ";

enum { KEPT_BYTES = 4 * 1024 * 1024 }; /* a longer rest gives its memory back */

void my_split_feed(struct my_split *s, const char *bytes, size_t len)
{
	s->at = bytes;
	s->end = bytes + len;
}

static const char *delimiter_of(const struct my_split *s)
{
	return s->delimiter[0] != '\0' ? s->delimiter : ";";
}

/* Empty lines between statements. */
static void skip_blank(struct my_split *s)
{
	while (s->rest.len == 0 && s->at < s->end &&
	       (*s->at == '\n' || *s->at == ' '))
		s->at++;
}

/* What came before and what comes up to line_end, as one run of bytes. */
static bool gather(struct my_split *s, const char *line_end, const char **sql,
		   size_t *len, struct err *e)
{
	if (s->rest.len == 0) {
		*sql = s->at;
		*len = (size_t)(line_end - s->at);
		return true;
	}
	text_add(&s->rest, s->at, (size_t)(line_end - s->at));
	s->at = line_end;
	if (s->rest.is_broken)
		return err_nomem(e, "a long statement");
	*sql = s->rest.data;
	*len = s->rest.len;
	return true;
}

/* The byte before p, of this run or of the rest before it; 0: none. */
static char byte_before(const struct my_split *s, const char *p, size_t back)
{
	size_t here = (size_t)(p - s->at);

	if (back <= here)
		return p[-(ptrdiff_t)back];
	back -= here;
	if (back > s->rest.len)
		return '\0';
	return s->rest.data[s->rest.len - back];
}

static bool ends_statement(const struct my_split *s, const char *line_end)
{
	const char *delimiter = delimiter_of(s);
	size_t n = strlen(delimiter);

	for (size_t back = 1; back <= n; back++)
		if (byte_before(s, line_end, back) != delimiter[n - back])
			return false;
	return true;
}

/* True when the statement at hand, up to the line's end, is DELIMITER. */
static bool is_command(const struct my_split *s, const char *line_end)
{
	size_t have = s->rest.len + (size_t)(line_end - s->at);

	if (have < sizeof(command) - 1)
		return false;
	for (size_t i = 0; i < sizeof(command) - 1; i++)
		if (byte_before(s, line_end, have - i) != command[i])
			return false;
	return true;
}

static bool take_command(struct my_split *s, const char *line_end,
			 struct err *e)
{
	const char *line = NULL, *word;
	size_t len = 0, n;

	if (!gather(s, line_end, &line, &len, e))
		return false;
	word = line + sizeof(command) - 1;
	n = len - (sizeof(command) - 1);
	if (n == 0 || n >= MY_DELIMITER_MAX)
		return err_set(e, ERR_DAMAGED, "damaged_backup",
			       "the backup has a delimiter of %zu bytes", n);
	memcpy(s->delimiter, word, n);
	s->delimiter[n] = '\0';
	text_reset(&s->rest);
	s->at = line_end + 1;
	return true;
}

static bool keep_rest(struct my_split *s, struct err *e)
{
	text_add(&s->rest, s->at, (size_t)(s->end - s->at));
	s->at = s->end;
	return !s->rest.is_broken || err_nomem(e, "a long statement");
}

static bool give(struct my_split *s, const char *line_end, const char **sql,
		 size_t *len, struct err *e)
{
	if (!gather(s, line_end, sql, len, e))
		return false;
	*len -= strlen(delimiter_of(s));
	s->is_given = s->rest.len > 0;
	s->at = line_end + 1;
	return true;
}

enum my_split_answer my_split_next(struct my_split *s, const char **sql,
				   size_t *len, struct err *e)
{
	const char *from, *line_end;

	if (s->is_given && s->rest.cap > KEPT_BYTES)
		text_free(&s->rest);
	else if (s->is_given)
		text_reset(&s->rest);
	s->is_given = false;
	skip_blank(s);
	from = s->at;
	while (from < s->end &&
	       (line_end = memchr(from, '\n', (size_t)(s->end - from)))) {
		/* First: it may end with the delimiter that it replaces. */
		if (is_command(s, line_end)) {
			if (!take_command(s, line_end, e))
				return SPLIT_FAIL;
			skip_blank(s);
			from = s->at;
		} else if (ends_statement(s, line_end)) {
			return give(s, line_end, sql, len, e) ? SPLIT_STATEMENT
							      : SPLIT_FAIL;
		} else {
			from = line_end + 1;
		}
	}
	return keep_rest(s, e) ? SPLIT_MORE : SPLIT_FAIL;
}

bool my_split_is_clean(const struct my_split *s)
{
	return s->at == s->end && (s->rest.len == 0 || s->is_given);
}

void my_split_fini(struct my_split *s)
{
	text_free(&s->rest);
}
