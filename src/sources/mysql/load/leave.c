/* leave.c - grants on what is not there any more. */
#include "sources/mysql/load/leave.h"

#include <string.h>

#include "sources/mysql/dump/account.h"
#include "sources/mysql/fault.h"

/* How the dump writes what is only granted where it was not before. */
static const char conditional[] = "EXECUTE IMMEDIATE IF(";

static bool begins(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

static bool is_of_what_is_gone(unsigned number)
{
	switch (number) {
	case MY_ERR_NO_SUCH_COLUMN:
	case MY_ERR_NO_USER:
	case MY_ERR_NO_GRANT:
	case MY_ERR_NO_SUCH_TABLE:
	case MY_ERR_NO_TABLE_GRANT:
	case MY_ERR_NO_SUCH_ROUTINE:
	case MY_ERR_INVALID_ROLE:
	case MY_ERR_NO_SUCH_ROLE:
	case MY_ERR_ROLE_NOT_GRANTED:
		return true;
	default:
		return false;
	}
}

/* The statement between the first quotes, its escapes undone. */
static void unwrap(struct text *out, const char *sql)
{
	const char *s = strchr(sql, '\'');

	for (s = s != NULL ? s + 1 : ""; *s != '\0' && *s != '\''; s++) {
		if (*s == '\\' && s[1] != '\0')
			s++;
		text_char(out, *s);
	}
}

/* The statement as the target ran it; empty: no memory. */
static void inner(struct text *out, const char *sql, size_t len)
{
	struct text copy = {0};

	text_add(&copy, sql, len);
	if (!copy.is_broken && copy.len > 0 && begins(copy.data, conditional))
		unwrap(out, copy.data);
	else if (!copy.is_broken)
		text_add(out, copy.data, copy.len);
	text_free(&copy);
}

static bool is_default_role(const char *sql)
{
	return begins(sql, "SET DEFAULT ROLE ") ||
	       (begins(sql, "ALTER USER ") &&
		my_account_find(sql, " DEFAULT ROLE ") != NULL &&
		my_account_find(sql, " IDENTIFIED") == NULL);
}

bool my_may_leave_out(const char *sql, size_t len, unsigned number)
{
	struct text text = {0};
	bool may;

	if (!is_of_what_is_gone(number) && number != MY_ERR_NO_PROXY)
		return false;
	inner(&text, sql, len);
	if (text.is_broken || text.len == 0)
		may = false;
	else if (number == MY_ERR_NO_PROXY)
		may = begins(text.data, "GRANT PROXY ");
	else
		may = begins(text.data, "GRANT ") || is_default_role(text.data);
	text_free(&text);
	return may;
}

/* Between the privileges and the account: "PROCEDURE `db`.`p`", "`role`". */
static void brief_grant(struct text *out, const char *sql)
{
	const char *to = my_account_find(sql, " TO ");
	const char *on = my_account_find(sql, " ON ");
	struct my_grant_line g;

	if (to != NULL && my_grant_line_read(&g, sql)) {
		const char *from = on != NULL && on < to ? on + 4 : sql + 6;

		text_add(out, from, (size_t)(to - from));
		text_str(out, " for ");
		text_add(out, g.grantee, g.grantee_len);
		my_grant_line_fini(&g);
	}
}

void my_leave_out_brief(struct text *out, const char *sql, size_t len)
{
	struct text text = {0};

	inner(&text, sql, len);
	if (text.is_broken || text.len == 0)
		;
	else if (begins(text.data, "GRANT "))
		brief_grant(out, text.data);
	else if (is_default_role(text.data))
		text_add(out, text.data, text.len);
	text_free(&text);
}
