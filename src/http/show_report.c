/* show_report.c - what a restore would find, as the API shows it. */
#include "http/list_int.h"
#include "sources/load.h"

/* An err mends text that a cut or a server left without being UTF-8. */
static json_t *finding(const struct load_finding *f)
{
	struct err e = {0};

	(void)err_set(&e, ERR_CONFLICT, f->code, "%s", f->detail);
	return json_pack("{s:s, s:s}", "code", f->code, "detail", e.msg);
}

/* The blockers or the others. */
static json_t *findings(const struct load_report *t, bool is_blocker)
{
	json_t *list = json_array();

	for (size_t i = 0; i < t->nfindings; i++) {
		const struct load_finding *f = &t->findings[i];

		if (f->is_blocker == is_blocker)
			list_append(&list, finding(f));
	}
	return list;
}

static json_t *names(const char *const *names_of, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		list_append(&list, json_string(names_of[i]));
	return list;
}

json_t *show_restore_report(const struct jobs_restore_report *r)
{
	const struct load_report *t = r->target;

	return json_pack("{s:o, s:o, s:o, s:o, s:I}", "blockers",
			 findings(t, true), "warnings", findings(t, false),
			 "would_create", names(t->would_create, t->ncreate),
			 "would_replace", names(t->would_replace, t->nreplace),
			 "download_bytes", (json_int_t)r->download_bytes);
}
