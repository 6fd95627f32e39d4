/* report.h - errors as records keep them. */
#ifndef COFFER_JOBS_REPORT_H
#define COFFER_JOBS_REPORT_H

#include "base/err.h"

/* {"code","detail","attempts":[{"code","detail"}]}: attempts are there when
 * rule 9 gave it a second one. Caller frees; NULL: no memory. */
char *error_json(const struct err *e);

#endif
