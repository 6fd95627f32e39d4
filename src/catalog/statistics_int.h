/* statistics_int.h - what a call for statistics takes and gives. */
#ifndef COFFER_CATALOG_STATISTICS_INT_H
#define COFFER_CATALOG_STATISTICS_INT_H

#include "catalog/statistics.h"

struct statistics_row {
	struct statistics_query q; /* plan and source lie in the op */
	struct catalog_statistics out;
};

#endif
