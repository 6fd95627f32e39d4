#include "base/glob.h"

#include <string.h>

/* Bytes of a pattern or of a path, without a zero at their end. */
struct piece {
	const char *at, *end;
};

/* A pattern, its slashes at both ends taken off. */
struct pattern {
	struct piece rest;
	bool is_anywhere; /* one name, in any folder */
	bool is_folder;	  /* it fits folders alone */
};

/* The brackets that begin at p: whether c is among what they hold. *next:
 * behind them, or NULL when they are not closed, and mean themselves. */
static bool bracket_holds(const char *p, const char *end, unsigned char c,
			  const char **next)
{
	const char *first;
	bool is_not, is_in = false;
	unsigned char low, high;

	p++;
	is_not = p < end && *p == '!';
	p += is_not;
	for (first = p; p < end && (*p != ']' || p == first); p++) {
		if (*p == '\\' && p + 1 < end)
			p++;
		low = high = (unsigned char)*p;
		if (p + 2 < end && p[1] == '-' && p[2] != ']') {
			p += 2;
			if (*p == '\\' && p + 1 < end)
				p++;
			high = (unsigned char)*p;
		}
		is_in |= low <= c && c <= high;
	}
	*next = p < end ? p + 1 : NULL;
	return is_in != is_not;
}

/* Whether the pattern's next element, which is no '*', fits the byte c; *p
 * goes behind it. */
static bool element_fits(const char **p, const char *end, char c)
{
	const char *next;
	bool fits;

	if (**p == '?') {
		++*p;
		return true;
	}
	if (**p == '[') {
		fits = bracket_holds(*p, end, (unsigned char)c, &next);
		if (next) {
			*p = next;
			return fits;
		}
	}
	if (**p == '\\' && *p + 1 < end)
		++*p;
	return *(*p)++ == c;
}

/* One name. What a '*' takes is made longer only at the last one that was met:
 * more at an earlier one would fit nothing else. */
static bool name_fits(struct piece p, struct piece name)
{
	const char *star = NULL, *back = NULL;

	while (name.at < name.end || p.at < p.end) {
		if (p.at < p.end && *p.at == '*') {
			star = ++p.at;
			back = name.at;
			continue;
		}
		if (name.at < name.end && p.at < p.end &&
		    element_fits(&p.at, p.end, *name.at)) {
			name.at++;
			continue;
		}
		if (!star || name.at == name.end)
			return false;
		p.at = star;
		name.at = ++back;
	}
	return true;
}

/* The name that *rest begins with; *rest goes behind its slash. */
static struct piece cut_name(struct piece *rest)
{
	size_t len = (size_t)(rest->end - rest->at);
	const char *slash = len ? memchr(rest->at, '/', len) : NULL;
	struct piece name = {rest->at, slash ? slash : rest->end};

	rest->at = slash ? slash + 1 : rest->end;
	return name;
}

static bool is_any_depth(struct piece name)
{
	return name.end - name.at == 2 && memcmp(name.at, "**", 2) == 0;
}

static struct pattern read_pattern(const char *text)
{
	struct pattern p = {.rest = {text, text + strlen(text)}};

	if (p.rest.at < p.rest.end && p.rest.end[-1] == '/') {
		p.is_folder = true;
		p.rest.end--;
	}
	p.is_anywhere =
		!memchr(p.rest.at, '/', (size_t)(p.rest.end - p.rest.at));
	if (p.rest.at < p.rest.end && *p.rest.at == '/')
		p.rest.at++;
	return p;
}

/* How a path is walked beside a pattern. */
struct walk {
	struct piece p, path;
	struct piece star_p, star_path; /* behind the last "**" */
	bool has_star;
	bool is_open; /* the path ended where the pattern goes on */
};

/* Another try, with one more folder taken by the last "**". */
static bool walk_again(struct walk *w)
{
	if (!w->has_star || w->star_path.at == w->star_path.end)
		return false;
	cut_name(&w->star_path);
	w->p = w->star_p;
	w->path = w->star_path;
	return true;
}

/*
 * True when the pattern is used up; what is left of the path lies in what it
 * fits. As few names as can be are taken at each "**": so the folder found is
 * the highest that fits, and no two names are compared twice.
 */
static bool walk_on(struct walk *w)
{
	struct piece name;

	while (w->p.at < w->p.end) {
		struct piece p = w->p;

		name = cut_name(&p);
		if (is_any_depth(name)) {
			w->has_star = true;
			w->star_p = w->p = p;
			w->star_path = w->path;
			if (p.at < p.end)
				continue;
			cut_name(&w->path); /* at its end: what is inside */
			return w->star_path.at < w->star_path.end;
		}
		if (w->path.at == w->path.end) {
			w->is_open = true;
			return false;
		}
		if (name_fits(name, cut_name(&w->path)))
			w->p = p;
		else if (!walk_again(w))
			return false;
	}
	return true;
}

static struct walk walk_begin(const struct pattern *p, const char *path)
{
	struct walk w = {
		.p = p->rest,
		.path = {path, path + strlen(path)},
	};

	w.has_star = p->is_anywhere;
	w.star_p = w.p;
	w.star_path = w.path;
	return w;
}

static bool pattern_fits(const char *text, const char *path, bool is_folder)
{
	struct pattern p = read_pattern(text);
	struct walk w = walk_begin(&p, path);

	return p.rest.at < p.rest.end && walk_on(&w) &&
	       (!p.is_folder || is_folder || w.path.at < w.path.end);
}

bool globs_fit(const struct globs *g, const char *path, bool is_folder)
{
	for (size_t i = 0; i < g->n; i++)
		if (pattern_fits(g->patterns[i], path, is_folder))
			return true;
	return false;
}

bool globs_may_fit_in(const struct globs *g, const char *folder)
{
	for (size_t i = 0; i < g->n; i++) {
		struct pattern p = read_pattern(g->patterns[i]);
		struct walk w = walk_begin(&p, folder);

		if (p.rest.at < p.rest.end &&
		    (p.is_anywhere || walk_on(&w) || w.has_star || w.is_open))
			return true;
	}
	return false;
}

static const char two_slashes[] = "two slashes hold no name between them; "
				  "leave one out";

static bool invalid(struct err *e, const char *pattern, const char *why)
{
	return err_set(e, ERR_INVALID, "invalid_scope", "pattern %.200s%s: %s",
		       pattern, strlen(pattern) > 200 ? "..." : "", why);
}

static bool name_check(struct piece name, const char *pattern, struct err *e)
{
	size_t len = (size_t)(name.end - name.at);
	const char *next;

	if (len == 0)
		return invalid(e, pattern, two_slashes);
	if ((len == 1 && name.at[0] == '.') ||
	    (len == 2 && memcmp(name.at, "..", 2) == 0))
		return invalid(e, pattern,
			       "paths have no '.' and no '..' in them; name "
			       "folders from the top");
	for (const char *at = name.at; at < name.end; at++) {
		if (*at == '[') {
			bracket_holds(at, name.end, 0, &next);
			if (!next)
				return invalid(e, pattern,
					       "a '[' is not closed; write "
					       "'\\[' for the character");
			at = next - 1;
		} else if (*at == '\\' && ++at == name.end) {
			return invalid(e, pattern,
				       "nothing follows the '\\' in its name; "
				       "write '\\\\' for the character");
		}
	}
	return true;
}

bool glob_check(const char *pattern, struct err *e)
{
	struct pattern p = read_pattern(pattern);

	if (strlen(pattern) > GLOB_MAX)
		return invalid(e, pattern, "it is longer than 1024 bytes");
	if (p.rest.at >= p.rest.end)
		return invalid(e, pattern,
			       "it names nothing; write '**' for all");
	if (p.rest.end[-1] == '/')
		return invalid(e, pattern, two_slashes);
	while (p.rest.at < p.rest.end) {
		if (!name_check(cut_name(&p.rest), pattern, e))
			return false;
	}
	return true;
}
