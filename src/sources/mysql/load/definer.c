/* definer.c - programs that belong to who restores them. */
#include "sources/mysql/load/definer.h"

#include <string.h>

/* Moves *s behind a word; false: it is not there. */
static bool skip(const char **s, const char *end, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(end - *s) < n || memcmp(*s, word, n) != 0)
		return false;
	*s += n;
	return true;
}

static bool skip_to_blank(const char **s, const char *end)
{
	const char *blank = memchr(*s, ' ', (size_t)(end - *s));

	if (blank == NULL)
		return false;
	*s = blank + 1;
	return true;
}

/* A name between quotes that are doubled in it; false: it is cut. */
static bool skip_quoted(const char **s, const char *end, char quote)
{
	for (const char *p = *s + 1; p < end; p++) {
		if (*p != quote)
			continue;
		if (p + 1 == end || p[1] != quote) {
			*s = p + 1;
			return true;
		}
		p++;
	}
	return false;
}

/* One without quotes ends before the host or the next word. */
static bool skip_plain(const char **s, const char *end)
{
	const char *from = *s;

	while (*s < end && strchr("@ \t\r\n;(`\"'", **s) == NULL)
		(*s)++;
	return *s > from && *s < end;
}

static bool skip_name(const char **s, const char *end)
{
	if (*s == end)
		return false;
	if (**s == '`' || **s == '"' || **s == '\'')
		return skip_quoted(s, end, **s);
	return skip_plain(s, end);
}

static bool skip_account(const char **s, const char *end)
{
	if (!skip_name(s, end))
		return false;
	return !skip(s, end, "@") || skip_name(s, end);
}

bool my_definer_replace(const char *sql, size_t len, struct text *out)
{
	const char *s = sql, *end = sql + len, *account;

	if (!skip(&s, end, "CREATE "))
		return false;
	(void)skip(&s, end, "OR REPLACE ");
	if (skip(&s, end, "ALGORITHM=") && !skip_to_blank(&s, end))
		return false;
	if (!skip(&s, end, "DEFINER="))
		return false;
	account = s;
	if (!skip_account(&s, end))
		return false;
	text_reset(out);
	text_add(out, sql, (size_t)(account - sql));
	text_str(out, "CURRENT_USER");
	text_add(out, s, (size_t)(end - s));
	return true;
}
