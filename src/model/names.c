/* names.c - rules 5 and 6: what may be called what. */
#include "model/names.h"

#include <string.h>

#include "base/id.h"
#include "base/text.h"

/* ASCII only, whatever the locale. */
static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_made_of(const char *name, const char *marks)
{
	for (const char *p = name; *p != '\0'; p++)
		if (!is_letter(*p) && !is_digit(*p) &&
		    strchr(marks, *p) == NULL)
			return false;
	return true;
}

/* shape: the rule in words, for whoever broke it. */
static bool name_check(const char *name, size_t min, const char *marks,
		       const char *shape, struct err *e)
{
	size_t len = strnlen(name, NAME_MAX_CHARS + 1);

	if (len < min || len > NAME_MAX_CHARS)
		return err_set(e, ERR_INVALID, "invalid_name",
			       "a name has %zu to %d characters: %s", min,
			       (int)NAME_MAX_CHARS, shape);
	if (!is_letter(name[0]))
		return err_set(e, ERR_INVALID, "invalid_name",
			       "a name begins with a letter, then %s", shape);
	if (!is_made_of(name, marks))
		return err_set(e, ERR_INVALID, "invalid_name",
			       "a name is made of %s", shape);
	if (id_is_shaped(name))
		return err_set(e, ERR_INVALID, "invalid_name",
			       "this name looks like an id; choose another");
	return true;
}

bool name_check_backup(const char *name, struct err *e)
{
	return name_check(name, 4, "-_", "ASCII letters, digits, '-' and '_'",
			  e);
}

bool name_check_resource(const char *name, struct err *e)
{
	return name_check(name, 1, "-_.",
			  "ASCII letters, digits, '-', '_' and '.'", e);
}

/* C0, DEL, C1, and the line and paragraph separators U+2028 and U+2029. */
static bool has_control(const char *text, size_t len)
{
	const unsigned char *s = (const unsigned char *)text;

	for (size_t i = 0; i < len; i++) {
		if (s[i] < 0x20 || s[i] == 0x7f)
			return true;
		if (s[i] == 0xc2 && i + 1 < len && s[i + 1] < 0xa0)
			return true;
		if (s[i] == 0xe2 && i + 2 < len && s[i + 1] == 0x80 &&
		    (s[i + 2] == 0xa8 || s[i + 2] == 0xa9))
			return true;
	}
	return false;
}

bool description_check(const char *text, size_t len, struct err *e)
{
	static const char forbidden[] = ">!<\"&'=";
	size_t points = 0;

	if (!utf8_check(text, len, &points))
		return err_set(e, ERR_INVALID, "invalid_description",
			       "a description is text in UTF-8");
	if (points > DESCRIPTION_MAX_POINTS)
		return err_set(e, ERR_INVALID, "invalid_description",
			       "a description has at most %d characters, "
			       "this one has %zu",
			       (int)DESCRIPTION_MAX_POINTS, points);
	if (has_control(text, len))
		return err_set(e, ERR_INVALID, "invalid_description",
			       "a description has no line breaks or other "
			       "control characters");
	for (size_t i = 0; i < len; i++)
		if (strchr(forbidden, text[i]) != NULL)
			return err_set(e, ERR_INVALID, "invalid_description",
				       "a description has none of %s",
				       forbidden);
	return true;
}

void name_fold(const char *name, char out[NAME_BUF])
{
	str_lower(out, NAME_BUF, name);
}
