#include "sources/tree_base.h"

#include <assert.h>

struct tree_base *tree_base_ref(struct tree_base *b)
{
	b->refs++;
	return b;
}

void tree_base_unref(struct tree_base *b)
{
	if (b == NULL)
		return;
	assert(b->refs > 0);
	if (--b->refs == 0)
		b->ops->destroy(b);
}
