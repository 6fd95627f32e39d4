/* definer.c - programs that belong to who restores them. */
#include "sources/mysql/definer.h"

#include <string.h>

#include "sources/mysql/quote.h"

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

static bool skip_account(const char **s, const char *end)
{
	struct text name = {0};
	bool ok = my_unquote_name(s, end, &name);

	if (ok && *s < end && **s == '@') {
		(*s)++;
		ok = my_unquote_name(s, end, &name);
	}
	text_free(&name);
	return ok;
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
