/* options.c - see options.h. */
#include "ctl/options.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static const struct option_spec *find(const struct option_spec *const *tables,
				      const char *name, size_t len)
{
	for (; *tables != NULL; tables++) {
		for (const struct option_spec *o = *tables; o->name; o++) {
			if (strlen(o->name) == len &&
			    memcmp(o->name, name, len) == 0)
				return o;
		}
	}
	return NULL;
}

static const struct option_spec *
find_letter(const struct option_spec *const *tables, char letter)
{
	for (; *tables != NULL; tables++) {
		for (const struct option_spec *o = *tables; o->name; o++) {
			if (o->letter == letter)
				return o;
		}
	}
	return NULL;
}

/* The option that the argument names; *value is what stands behind its "=", or
 * NULL. */
static const struct option_spec *
recognise(const struct option_spec *const *tables, const char *arg,
	  const char **value)
{
	size_t len = strcspn(arg, "=");

	*value = NULL;
	if (arg[1] != '-')
		return arg[2] == '\0' ? find_letter(tables, arg[1]) : NULL;
	if (arg[len] == '=')
		*value = arg + len + 1;
	return find(tables, arg + 2, len - 2);
}

static bool add_option(struct arguments *a, const struct option_spec *o,
		       const char *value, struct err *e)
{
	if (a->ngiven == OPTIONS_GIVEN_MAX)
		return err_set(e, ERR_INVALID, "usage", "too many options");
	a->given[a->ngiven].name = o->name;
	a->given[a->ngiven++].value = value != NULL ? value : "";
	return true;
}

static bool add_word(struct arguments *a, const char *word, struct err *e)
{
	if (a->nwords == OPTIONS_WORDS_MAX)
		return err_set(e, ERR_INVALID, "usage", "too many arguments");
	a->words[a->nwords++] = word;
	return true;
}

/* Reads the option at argv[*at] and its value; *at is then its last word. */
static bool take(struct arguments *a, const struct option_spec *const *tables,
		 int argc, const char *const *argv, int *at, struct err *e)
{
	const char *value, *arg = argv[*at];
	const struct option_spec *o = recognise(tables, arg, &value);

	if (o == NULL)
		return err_set(e, ERR_INVALID, "usage",
			       "there is no option %.80s", arg);
	if (o->argument == NULL && value != NULL)
		return err_set(e, ERR_INVALID, "usage", "--%s takes no value",
			       o->name);
	if (o->argument != NULL && value == NULL) {
		if (*at + 1 == argc)
			return err_set(e, ERR_INVALID, "usage",
				       "--%s needs a value: %s", o->name,
				       o->argument);
		value = argv[++*at];
	}
	return add_option(a, o, value, e);
}

int arguments_read(struct arguments *a, const struct option_spec *const *tables,
		   int argc, const char *const *argv, bool stop_at_word,
		   struct err *e)
{
	bool all_words = false;
	int at;

	for (at = 0; at < argc; at++) {
		bool is_word =
			all_words || argv[at][0] != '-' || argv[at][1] == '\0';

		if (is_word && stop_at_word)
			return at;
		if (is_word) {
			if (!add_word(a, argv[at], e))
				return -1;
		} else if (strcmp(argv[at], "--") == 0) {
			all_words = true;
		} else if (!take(a, tables, argc, argv, &at, e)) {
			return -1;
		}
	}
	return at;
}

const char *arguments_get(const struct arguments *a, const char *name)
{
	for (size_t i = a->ngiven; i > 0; i--) {
		if (strcmp(a->given[i - 1].name, name) == 0)
			return a->given[i - 1].value;
	}
	return NULL;
}

const char *arguments_next(const struct arguments *a, const char *name,
			   size_t *at)
{
	for (; *at < a->ngiven; ++*at) {
		if (strcmp(a->given[*at].name, name) == 0)
			return a->given[(*at)++].value;
	}
	return NULL;
}

bool arguments_number(const struct arguments *a, const char *name,
		      unsigned long long min, unsigned long long max,
		      unsigned long long *out)
{
	const char *text = arguments_get(a, name);

	return text == NULL ||
	       (str_to_u64(text, out) && *out >= min && *out <= max);
}

bool duration_parse(const char *text, long long *seconds)
{
	static const struct {
		char unit;
		long long seconds;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
	char *end;
	long long n;

	if (text[0] < '0' || text[0] > '9')
		return false;
	n = strtoll(text, &end, 10);
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		if (*end == units[i].unit && end[1] == '\0' && n > 0 &&
		    n <= LLONG_MAX / units[i].seconds / 1000) {
			*seconds = n * units[i].seconds;
			return true;
		}
	}
	return false;
}
