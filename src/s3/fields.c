/* fields.c - see fields.h. */
#include "s3/fields.h"

#include <string.h>

void s3_fields_add(struct s3_fields *f, const char *name, const char *value)
{
	text_add(&f->bytes, name, strlen(name) + 1);
	text_add(&f->bytes, value, strlen(value) + 1);
}

bool s3_fields_next(const struct s3_fields *f, size_t *at, const char **name,
		    const char **value)
{
	if (*at >= f->bytes.len || f->bytes.is_broken)
		return false;
	*name = f->bytes.data + *at;
	*value = *name + strlen(*name) + 1;
	*at += strlen(*name) + strlen(*value) + 2;
	return true;
}

const char *s3_fields_get(const struct s3_fields *f, const char *name)
{
	const char *one, *value;
	size_t at = 0;

	while (s3_fields_next(f, &at, &one, &value))
		if (strcmp(one, name) == 0)
			return value;
	return NULL;
}

void s3_fields_reset(struct s3_fields *f)
{
	text_reset(&f->bytes);
}

void s3_fields_fini(struct s3_fields *f)
{
	text_free(&f->bytes);
}
