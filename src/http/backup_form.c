/* backup_form.c - reads what backups and plans have in common. */
#include "http/backup_form.h"

#include <string.h>

#include "base/text.h"
#include "http/fields.h"
#include "model/names.h"

enum { LEVEL_MAX = 19, PARALLELISM_MAX = 16 };

void backup_form_description(struct form *f, char **out)
{
	const char *text = form_string(f, "description", FORM_OPTIONAL);
	struct err e = {0};

	*out = NULL;
	if (text == NULL)
		return;
	if (!description_check(text, strlen(text), &e)) {
		form_fault_err(f, "description", &e);
		return;
	}
	*out = strdup(text);
	if (*out == NULL)
		f->faults->is_broken = true;
}

void backup_form_method(struct form *f, char out[METHOD_BUF])
{
	static const char *const words[] = {"logical", "physical", "snapshot",
					    NULL};

	(void)str_copy(out, METHOD_BUF, field_word(f, "method", words, ""));
}

char *form_dump(struct form *f, const json_t *json)
{
	char *text = json_dumps(json, JSON_COMPACT);

	if (text == NULL)
		f->faults->is_broken = true;
	return text;
}

void backup_form_scope(struct form *f, char **out)
{
	const json_t *json = form_json(f, "scope", JSON_OBJECT, FORM_OPTIONAL);

	*out = json != NULL ? form_dump(f, json) : NULL;
}

void backup_form_options(struct form *f)
{
	static const struct form_range level = {0, LEVEL_MAX, 3};
	static const struct form_range lines = {1, PARALLELISM_MAX, 0};

	(void)form_integer(f, "compression_level", &level);
	(void)form_integer(f, "parallelism", &lines);
	(void)form_bool(f, "include_accounts", false);
	(void)form_bool(f, "lock_non_transactional", false);
	(void)form_bool(f, "strict", false);
	(void)form_bool(f, "one_file_system", false);
	(void)field_setting(f, "snapshot_hook", FORM_OPTIONAL);
}
