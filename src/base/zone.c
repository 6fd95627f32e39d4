/*
 * zone.c - offsets and local times of a zone.
 *
 * A zone is a row of spans with one offset each. A local time is looked for
 * span by span, forward: the first that holds it is the first of two; a span
 * that begins later than it is what follows a gap.
 */
#include "base/zone.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/zone_int.h"

#define ZONE_FOLDER "/usr/share/zoneinfo"

enum { ZONE_FILE_MAX = 65536, ZONE_NAME_MAX = 63 };

/* --- reading */

bool zone_is_name(const char *name)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789_+-/";
	size_t len = strlen(name);

	return len > 0 && len <= ZONE_NAME_MAX &&
	       strspn(name, allowed) == len && name[0] != '/' &&
	       name[len - 1] != '/' && strstr(name, "//") == NULL &&
	       strcmp(name, "localtime") != 0;
}

static bool unknown(const char *name, struct err *e)
{
	return err_set(e, ERR_INVALID, "invalid_timer",
		       "there is no time zone \"%s\" here: send an IANA name "
		       "like \"Europe/Berlin\"",
		       name);
}

/* Nothing of that name: is anything there? */
static bool not_found(const char *folder, const char *name, struct err *e)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/UTC", folder);
	if (access(path, F_OK) == 0)
		return unknown(name, e);
	return err_set(e, ERR_IO, "zone_missing",
		       "the time zone \"%s\" cannot be read: there are no "
		       "files of time zones in %s: install tzdata",
		       name, folder);
}

/* TZDIR is what the C library goes by, too. */
static const char *default_folder(void)
{
	const char *folder = getenv("TZDIR");

	return folder != NULL && folder[0] == '/' ? folder : ZONE_FOLDER;
}

static char *read_zone(const char *folder, const char *name, size_t *len,
		       struct err *e)
{
	char path[PATH_MAX];
	struct err mine = {0};
	char *bytes;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	bytes = file_read(path, ZONE_FILE_MAX, len, &mine);
	if (bytes != NULL)
		return bytes;
	if (mine.code == ERR_NOT_FOUND)
		(void)not_found(folder, name, e);
	else if (mine.code == ERR_NOMEM)
		(void)err_nomem(e, "a time zone");
	/* A folder, or far too large; a file where a folder should be. */
	else if (access(path, R_OK) == 0 || errno == ENOTDIR)
		(void)unknown(name, e);
	else
		(void)err_set(e, ERR_IO, "zone_missing", "%s", mine.msg);
	return NULL;
}

struct zone *zone_open(const char *folder, const char *name, struct err *e)
{
	struct zone *z;
	char *bytes;
	size_t len;

	if (strcmp(name, "UTC") == 0) { /* is there without any files */
		z = calloc(1, sizeof(*z));
		if (z == NULL)
			(void)err_nomem(e, "a time zone");
		return z;
	}
	if (!zone_is_name(name)) {
		(void)err_set(e, ERR_INVALID, "invalid_timer",
			      "a time zone is an IANA name like "
			      "\"Europe/Berlin\"");
		return NULL;
	}
	if (folder == NULL)
		folder = default_folder();
	bytes = read_zone(folder, name, &len, e);
	if (bytes == NULL)
		return NULL;
	z = zone_parse(bytes, len, name, e);
	free(bytes);
	return z;
}

void zone_free(struct zone *z)
{
	if (z == NULL)
		return;
	free(z->at_s);
	free(z->offsets);
	free(z);
}

/* --- using */

/* How many changes were until an instant. */
static size_t changes_until(const struct zone *z, int64_t at_s)
{
	size_t low = 0, high = z->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (z->at_s[mid] <= at_s)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

int32_t zone_offset(const struct zone *z, int64_t at_s)
{
	size_t i = changes_until(z, at_s);

	if (i == z->n && z->has_rule)
		return zone_rule_offset(&z->rule, at_s);
	return i == 0 ? z->first : z->offsets[i - 1];
}

/* The first change after an instant, INT64_MAX: none. */
static int64_t next_change(const struct zone *z, int64_t after_s)
{
	size_t i = changes_until(z, after_s);
	int64_t when;

	if (i < z->n)
		return z->at_s[i];
	if (z->has_rule && zone_rule_next(&z->rule, after_s, &when))
		return when;
	return INT64_MAX;
}

static int64_t day_of(int64_t at_s)
{
	return at_s / ZONE_DAY_SECONDS - (at_s % ZONE_DAY_SECONDS < 0);
}

struct civil zone_local(const struct zone *z, int64_t at_s)
{
	int64_t local = at_s + zone_offset(z, at_s), day = day_of(local);
	struct civil c = civil_of_days(day);
	int second = (int)(local - day * ZONE_DAY_SECONDS);

	c.hour = second / 3600;
	c.minute = second / 60 % 60;
	c.second = second % 60;
	return c;
}

int64_t zone_instant(const struct zone *z, const struct civil *local)
{
	int64_t days = civil_days(local->year, local->month, local->day);
	int second = local->hour * 3600 + local->minute * 60 + local->second;
	int64_t shown = days * ZONE_DAY_SECONDS + second;
	int64_t begin = shown - ZONE_OFFSET_MAX;

	for (;;) {
		int64_t end = next_change(z, begin);
		int64_t at = shown - zone_offset(z, begin);

		if (at < end)
			return at < begin ? begin : at;
		begin = end;
	}
}
