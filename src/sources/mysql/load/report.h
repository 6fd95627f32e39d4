/* report.h - gathers what a look at a target found, for load_report. */
#ifndef COFFER_SOURCES_MYSQL_REPORT_H
#define COFFER_SOURCES_MYSQL_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/text.h"
#include "sources/load.h"

struct my_names_list {
	char **list;
	size_t n, cap;
};

/* Zero it to begin with. */
struct my_report {
	struct load_finding findings[LOAD_FINDINGS_MAX];
	size_t nfindings; /* later ones are left out */
	struct my_names_list create, replace;
	struct text taken;  /* what exists and may not be replaced */
	struct text silent; /* what would be replaced and was not confirmed */
	bool is_broken;	    /* no memory for some of it */
};

/* What the target's state forbids, with the API's code. */
void my_report_block(struct my_report *r, const char *code, const char *fmt,
		     ...) PRINTF_LIKE(3, 4);

/* What will be different, or may fail. */
void my_report_warn(struct my_report *r, const char *code, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

/* What happens to a database, or (table not NULL) to one table. */
enum my_fate {
	MY_FATE_CREATE,	 /* it is not there, or holds nothing */
	MY_FATE_REPLACE, /* it goes, as was asked for and confirmed */
	MY_FATE_TAKEN,	 /* it is there */
	MY_FATE_SILENT,	 /* it would go, and was not confirmed */
};

void my_report_fate(struct my_report *r, enum my_fate fate,
		    const char *database, const char *table);

/* Blockers first. *out borrows from *r. False: no memory. */
bool my_report_end(struct my_report *r, struct load_report *out,
		   struct err *e) MUST_CHECK;

/* Appends a name to a list in a sentence: "a, b". */
void my_report_name(struct text *t, const char *database, const char *table);

/* Frees what it holds. */
void my_report_fini(struct my_report *r);

#endif
