/* csrf.c - see csrf.h. */
#include "http/csrf.h"

#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "http/request_int.h"

bool csrf_is_own(const char *origin, const char *host)
{
	const char *at = strstr(origin, "://");

	return at != NULL && host != NULL && strcasecmp(at + 3, host) == 0;
}

static bool origin_is_own(const struct request *r, struct err *e)
{
	const char *origin = request_header(r, "Origin");
	const char *host = request_header(r, "Host");
	char shown[128];

	if (origin == NULL || csrf_is_own(origin, host))
		return true;
	return err_set(
		e, ERR_DENIED, "csrf",
		"the request comes from %s, which is another origin than "
		"this server's; a proxy in front of it has to pass the "
		"header Host on",
		str_printable(shown, sizeof(shown), origin));
}

bool csrf_check(const struct request *r, struct err *e)
{
	const char *mark = request_header(r, "X-Coffer-Console");

	if (r->who.session == 0 || strcmp(r->method, "GET") == 0 || r->is_head)
		return true;
	if (mark == NULL || strcmp(mark, "1") != 0)
		return err_set(e, ERR_DENIED, "csrf",
			       "what writes by a session needs the header "
			       "X-Coffer-Console: 1");
	return origin_is_own(r, e);
}

bool csrf_check_origin(struct request *r)
{
	struct err e = {0};

	if (origin_is_own(r, &e))
		return true;
	request_fail(r, &e);
	return false;
}
