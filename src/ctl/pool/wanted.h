/* wanted.h - which items of a backup are asked for. */
#ifndef COFFER_CTL_POOL_WANTED_H
#define COFFER_CTL_POOL_WANTED_H

#include <stdbool.h>
#include <stddef.h>

#include "manifest/index.h"

/* Appends what an item is called: "GROUP/NAME", or of one without a group its
 * name. */
void wanted_name(struct text *out, const struct index_line *l);

/*
 * Whether one of the patterns (base/glob.h) fits the item, or, of a trigger,
 * its table. What fits a group fits all in it. Of databases "shop.orders" is
 * "/shop/orders", too. No pattern: all items.
 */
bool wanted_fits(const char *const *patterns, size_t n,
		 const struct index_line *l);

#endif
