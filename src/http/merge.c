/* merge.c - merges objects. */
#include "http/merge.h"

void merge_drop_echoes(json_t *patch, const json_t *shown)
{
	const char *name;
	json_t *value;
	void *next;

	json_object_foreach_safe(patch, next, name, value)
	{
		if (json_equal(value, json_object_get(shown, name)))
			(void)json_object_del(patch, name);
	}
}

static bool merge_object(json_t *base, const char *name, json_t *value)
{
	json_t *old = json_object_get(base, name);

	if (!json_is_object(old)) {
		if (json_object_set_new(base, name, json_object()) != 0)
			return false;
		old = json_object_get(base, name);
	}
	return merge_apply(old, value);
}

/* Nesting is bounded by what a body may have. */
bool merge_apply(json_t *base, json_t *patch)
{
	const char *name;
	json_t *value;

	json_object_foreach(patch, name, value)
	{
		if (json_is_null(value))
			(void)json_object_del(base, name);
		else if (json_is_object(value)) {
			if (!merge_object(base, name, value))
				return false;
		} else if (json_object_set(base, name, value) != 0) {
			return false;
		}
	}
	return true;
}
