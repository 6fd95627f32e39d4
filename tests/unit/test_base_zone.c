/* test_base_zone.c - zone files as glibc reads them, and what it does not. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/zone_int.h"

#define ZONES "/usr/share/zoneinfo"

enum { DAY = 86400 };

static struct zone *open_zone(const char *name)
{
	struct err e = {0};
	struct zone *z = zone_open(NULL, name, &e);

	if (z == NULL)
		fail_msg("%s: %s", name, e.msg);
	return z;
}

/* --- dates */

static void test_dates_follow_each_other(void **state)
{
	struct civil c = {1599, 12, 31, 0, 0, 0};
	int64_t day = civil_days(1599, 12, 31);

	(void)state;
	assert_int_equal(civil_days(1970, 1, 1), 0);
	assert_int_equal(civil_weekday(0), 4);
	assert_int_equal(civil_weekday(-5), 6);
	for (; c.year < 2405; day++) {
		struct civil found = civil_of_days(day);

		assert_int_equal(civil_days(c.year, c.month, c.day), day);
		assert_memory_equal(&found, &c, sizeof(c));
		if (++c.day <= civil_month_days(c.year, c.month))
			continue;
		c.day = 1;
		c.year += c.month == 12;
		c.month = c.month % 12 + 1;
	}
	assert_int_equal(day, civil_days(2405, 1, 1));
	assert_int_equal(civil_month_days(2000, 2), 29);
	assert_int_equal(civil_month_days(2100, 2), 28);
	assert_int_equal(civil_days(2027, 1, 32), civil_days(2027, 2, 1));
}

/* --- glibc says the same */

static int same_as_glibc(const char *name)
{
	struct zone *z = open_zone(name);
	uint32_t seed = 11;
	int n = 0;

	assert_int_equal(setenv("TZ", name, 1), 0);
	tzset();
	for (int64_t at = civil_days(1890, 1, 1) * DAY;
	     at < civil_days(2110, 1, 1) * DAY; n++) {
		struct civil c = zone_local(z, at);
		time_t t = (time_t)at;
		struct tm tm;

		assert_non_null(localtime_r(&t, &tm));
		if (tm.tm_gmtoff != zone_offset(z, at) ||
		    tm.tm_year + 1900 != c.year || tm.tm_mon + 1 != c.month ||
		    tm.tm_mday != c.day || tm.tm_hour != c.hour ||
		    tm.tm_min != c.minute || tm.tm_sec != c.second)
			fail_msg("%s at %lld: %ld, not %d", name, (long long)at,
				 tm.tm_gmtoff, zone_offset(z, at));
		seed = seed * 1664525 + 1013904223;
		at += 20 * DAY + seed % (60 * DAY);
	}
	zone_free(z);
	return n;
}

/* The third column of each line. */
static void test_all_zones_as_in_glibc(void **state)
{
	FILE *list = fopen(ZONES "/zone1970.tab", "r");
	char line[512], name[128];
	int zones = 0, n = 0;

	(void)state;
	assert_non_null(list);
	while (fgets(line, sizeof(line), list) != NULL) {
		if (line[0] == '#' ||
		    sscanf(line, "%*[^\t]\t%*[^\t]\t%127[^\t\n]", name) != 1)
			continue;
		n += same_as_glibc(name);
		zones++;
	}
	assert_int_equal(fclose(list), 0);
	assert_true(zones > 250 && n > 300000);
	assert_int_equal(unsetenv("TZ"), 0);
	tzset();
}

/* --- local times */

static bool is_same(const struct civil *a, const struct civil *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

/* The instant of what the clock shows is this one or an earlier one that shows
 * the same; no earlier one does. */
static void walk_instants(const char *name, int from, int until)
{
	struct zone *z = open_zone(name);
	int64_t at = civil_days(from, 1, 1) * DAY;
	uint32_t seed = 3;

	while (at < civil_days(until, 1, 1) * DAY) {
		struct civil shown = zone_local(z, at), other;
		int64_t found = zone_instant(z, &shown);

		other = zone_local(z, found);
		if (found > at || !is_same(&shown, &other))
			fail_msg("%s at %lld: %lld", name, (long long)at,
				 (long long)found);
		for (int64_t t = found - 3 * 3600; t < found; t += 1800) {
			other = zone_local(z, t);
			assert_false(is_same(&shown, &other));
		}
		seed = seed * 1664525 + 1013904223;
		at += seed % 9000;
	}
	zone_free(z);
}

static void test_rule21_instants_of_local_times(void **state)
{
	(void)state;
	walk_instants("Europe/Berlin", 2026, 2029);
	walk_instants("Europe/Berlin", 2040, 2043);
	walk_instants("America/New_York", 1965, 1968);
	walk_instants("Australia/Lord_Howe", 2035, 2039);
	walk_instants("Africa/Casablanca", 2030, 2032);
	walk_instants("UTC", 2026, 2027);
}

static void instant_is(const char *name, struct civil local,
		       struct civil wanted)
{
	struct zone *z = open_zone(name), *utc = open_zone("UTC");
	int64_t at = zone_instant(z, &local);
	struct civil c = zone_local(utc, at);

	if (!is_same(&c, &wanted))
		fail_msg("%s: %04d-%02d-%02dT%02d:%02d:%02dZ", name, c.year,
			 c.month, c.day, c.hour, c.minute, c.second);
	zone_free(z);
	zone_free(utc);
}

static void test_rule21_gaps_and_repetitions(void **state)
{
	(void)state;
	/* One hour: the whole of it is the moment of the change. */
	instant_is("Europe/Berlin", (struct civil){2027, 3, 28, 1, 59, 59},
		   (struct civil){2027, 3, 28, 0, 59, 59});
	instant_is("Europe/Berlin", (struct civil){2027, 3, 28, 2, 0, 0},
		   (struct civil){2027, 3, 28, 1, 0, 0});
	instant_is("Europe/Berlin", (struct civil){2027, 3, 28, 2, 59, 59},
		   (struct civil){2027, 3, 28, 1, 0, 0});
	instant_is("Europe/Berlin", (struct civil){2027, 3, 28, 3, 0, 0},
		   (struct civil){2027, 3, 28, 1, 0, 0});
	instant_is("Europe/Berlin", (struct civil){2027, 10, 31, 2, 0, 0},
		   (struct civil){2027, 10, 31, 0, 0, 0});
	instant_is("Europe/Berlin", (struct civil){2027, 10, 31, 3, 0, 0},
		   (struct civil){2027, 10, 31, 2, 0, 0});
	/* By the footer's rule, far beyond the file. */
	instant_is("Europe/Berlin", (struct civil){2399, 3, 28, 2, 30, 0},
		   (struct civil){2399, 3, 28, 1, 0, 0});
	/* Half an hour. */
	instant_is("Australia/Lord_Howe", (struct civil){2027, 10, 3, 2, 29, 0},
		   (struct civil){2027, 10, 2, 15, 30, 0});
	instant_is("Australia/Lord_Howe", (struct civil){2027, 4, 4, 1, 59, 0},
		   (struct civil){2027, 4, 3, 14, 59, 0});
	/* Samoa went to the other side of the date line: a day was left out. */
	instant_is("Pacific/Apia", (struct civil){2011, 12, 30, 12, 0, 0},
		   (struct civil){2011, 12, 30, 10, 0, 0});
	/* Cuba's clocks change at midnight. */
	instant_is("America/Havana", (struct civil){2027, 3, 14, 0, 0, 0},
		   (struct civil){2027, 3, 14, 5, 0, 0});
	instant_is("UTC", (struct civil){1969, 12, 31, 23, 59, 59},
		   (struct civil){1969, 12, 31, 23, 59, 59});
}

/* --- rules */

static struct zone_rule rule_of(const char *text)
{
	struct zone_rule r;

	if (!zone_rule_parse(&r, text, strlen(text)))
		fail_msg("refused: %s", text);
	return r;
}

static void test_rules_are_read(void **state)
{
	struct zone_rule r = rule_of("CET-1CEST,M3.5.0,M10.5.0/3");

	(void)state;
	assert_int_equal(r.standard, 3600);
	assert_int_equal(r.summer, 7200);
	assert_int_equal(r.begin.month, 3);
	assert_int_equal(r.begin.week, 5);
	assert_int_equal(r.begin.second, 7200);
	assert_int_equal(r.end.second, 10800);
	r = rule_of("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0");
	assert_int_equal(r.standard, 37800);
	assert_int_equal(r.summer, 39600);
	r = rule_of("<-03>3<-02>,M3.5.0/-2,M10.5.0/-1:30:15");
	assert_int_equal(r.standard, -10800);
	assert_int_equal(r.summer, -7200);
	assert_int_equal(r.begin.second, -7200);
	assert_int_equal(r.end.second, -5415);
	r = rule_of("EST5EDT,0/0,J365/167");
	assert_int_equal(r.begin.kind, ZONE_DAY_OF_YEAR);
	assert_int_equal(r.end.kind, ZONE_JULIAN);
	assert_int_equal(r.end.second, 167 * 3600);
	r = rule_of("JST-9");
	assert_false(r.has_summer);
	r = rule_of("ABC+24:59:59");
	assert_int_equal(r.standard, -(24 * 3600 + 59 * 60 + 59));
}

static void test_rules_that_are_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"C",
		"CE-1",
		"CET",
		"CET-",
		"CET-25",
		"CET-1:60",
		"CET-1:",
		"CET-1:0:60",
		"CET-1:0:",
		"<CET-1",
		"<>-1",
		"<+1>-1",
		"+01-1",
		"CET-1 ",
		"CET-1CEST",
		"CET-1CEST,",
		"CET-1CEST,M3.5.0",
		"CET-1CEST,M3.5.0,",
		"CET-1CEST,M3.5.0,M10.5.0/3x",
		"CET-1CEST,M3.5.0,M10.5.0/168",
		"CET-1CEST,M3.5.0,M10.5.0/-168",
		"CET-1CEST,M3.5.0,M10.5.0/",
		"CET-1CEST,M0.5.0,M10.5.0",
		"CET-1CEST,M13.5.0,M10.5.0",
		"CET-1CEST,M3.0.0,M10.5.0",
		"CET-1CEST,M3.6.0,M10.5.0",
		"CET-1CEST,M3.5.7,M10.5.0",
		"CET-1CEST,M3.5,M10.5.0",
		"CET-1CEST,J0,J365",
		"CET-1CEST,J1,J366",
		"CET-1CEST,0,366",
		"CET-1CEST,99999,1",
		"CET-1CEST,M3.5.0,M10.5.0,M1.1.1",
	};
	struct zone_rule r;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (zone_rule_parse(&r, bad[i], strlen(bad[i])))
			fail_msg("taken: %s", bad[i]);
	}
}

static void offset_is(const char *rule, struct civil utc, int32_t wanted)
{
	struct zone_rule r = rule_of(rule);
	int64_t at = civil_days(utc.year, utc.month, utc.day) * DAY +
		     utc.hour * 3600 + utc.minute * 60 + utc.second;

	if (zone_rule_offset(&r, at) != wanted)
		fail_msg("%s: %d", rule, zone_rule_offset(&r, at));
}

static void test_rules_are_followed(void **state)
{
	static const char south[] = "NZST-12NZDT,M9.5.0,M4.1.0/3";
	static const char always[] = "XXX3EDT4,0/0,J365/23";
	static const char julian[] = "AAA0BBB,J60/0,J61/0";
	static const char plain[] = "AAA0BBB,59/0,60/0";
	/* The changes lie in the year after: RFC 8536's extension. */
	static const char late[] = "AAA0BBB,J180/0,J365/167";

	(void)state;
	offset_is(south, (struct civil){2050, 1, 1, 0, 0, 0}, 46800);
	offset_is(south, (struct civil){2050, 7, 1, 0, 0, 0}, 43200);
	offset_is(always, (struct civil){2050, 1, 1, 3, 0, 0}, -14400);
	offset_is(always, (struct civil){2050, 1, 1, 2, 59, 59}, -14400);
	offset_is(always, (struct civil){2050, 7, 1, 0, 0, 0}, -14400);
	/* J60 is 1 March in every year, 59 is 29 February where there is one.
	 */
	offset_is(julian, (struct civil){2048, 2, 29, 12, 0, 0}, 0);
	offset_is(julian, (struct civil){2048, 3, 1, 12, 0, 0}, 3600);
	offset_is(julian, (struct civil){2049, 3, 1, 12, 0, 0}, 3600);
	offset_is(plain, (struct civil){2048, 2, 29, 12, 0, 0}, 3600);
	offset_is(plain, (struct civil){2048, 3, 1, 12, 0, 0}, 0);
	offset_is(plain, (struct civil){2049, 3, 1, 12, 0, 0}, 3600);
	offset_is(late, (struct civil){2050, 1, 5, 0, 0, 0}, 3600);
	offset_is(late, (struct civil){2050, 1, 7, 0, 0, 0}, 0);
	offset_is(late, (struct civil){2050, 8, 1, 0, 0, 0}, 3600);
}

/* --- damaged files */

static char *bytes_of(const char *name, size_t *len)
{
	struct err e = {0};
	char path[PATH_MAX], *bytes;

	(void)snprintf(path, sizeof(path), ZONES "/%s", name);
	bytes = file_read(path, 65536, len, &e);
	if (bytes == NULL)
		fail_msg("%s", e.msg);
	return bytes;
}

/* A copy of its own size, so that a byte read beyond it is seen. */
static struct zone *parse_copy(const char *bytes, size_t len, struct err *e)
{
	char *copy = malloc(len ? len : 1);
	struct zone *z;

	assert_non_null(copy);
	if (len > 0)
		memcpy(copy, bytes, len);
	z = zone_parse(copy, len, "A/B", e);
	free(copy);
	assert_int_equal(z == NULL, err_is(e));
	return z;
}

static void test_files_cut_anywhere_are_refused(void **state)
{
	size_t len;
	char *bytes = bytes_of("Europe/Berlin", &len);
	struct err e = {0};

	(void)state;
	for (size_t n = 0; n < len; n++) {
		err_clear(&e);
		if (parse_copy(bytes, n, &e) != NULL)
			fail_msg("taken with %zu of %zu bytes", n, len);
		assert_string_equal(e.api,
				    n < 4 ? "invalid_timer" : "zone_missing");
	}
	err_clear(&e);
	zone_free(parse_copy(bytes, len, &e));
	free(bytes);
}

/* Any byte may be any other: taken or refused, never out of bounds (the
 * sanitizers watch), and what is taken can be asked. */
static void test_files_with_any_byte_changed(void **state)
{
	static const unsigned char other[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
	const struct civil noon = {2027, 6, 1, 12, 0, 0};
	int taken = 0, refused = 0;
	size_t len;
	char *bytes = bytes_of("Australia/Lord_Howe", &len);
	struct err e;
	struct zone *z;

	(void)state;
	for (size_t i = 0; i < len * sizeof(other); i++) {
		char before = bytes[i / sizeof(other)];

		bytes[i / sizeof(other)] = (char)other[i % sizeof(other)];
		e = (struct err){0};
		z = parse_copy(bytes, len, &e);
		bytes[i / sizeof(other)] = before;
		if (z == NULL) {
			refused++;
			continue;
		}
		taken++;
		(void)zone_instant(z, &noon);
		(void)zone_local(z, civil_days(2100, 1, 1) * DAY);
		zone_free(z);
	}
	assert_true(taken > 100 && refused > 100);
	free(bytes);
}

/* A file of version 1, which has no footer: one change at 0, from one to two
 * hours east, and the abbreviations "A" and "B". */
static const char version_1[] = "TZif\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
				"\0\0\0\0\0\0\0\0\0\0\0\0"
				"\0\0\0\1\0\0\0\2\0\0\0\4"
				"\0\0\0\0"
				"\1"
				"\0\0\x0e\x10\0\0"
				"\0\0\x1c\x20\1\2"
				"A\0B";

static void test_version_1_has_no_footer(void **state)
{
	struct err e = {0};
	struct zone *z = parse_copy(version_1, sizeof(version_1), &e);

	(void)state;
	assert_non_null(z);
	assert_int_equal(zone_offset(z, -1), 3600);
	assert_int_equal(zone_offset(z, 0), 7200);
	assert_int_equal(zone_offset(z, INT64_C(4000000000)), 7200);
	zone_free(z);
	assert_null(parse_copy(version_1, sizeof(version_1) - 1, &e));
}

/* One byte of it is another. */
static void refuse_v1(size_t at, char byte, const char *api)
{
	char bytes[sizeof(version_1)];
	struct err e = {0};

	memcpy(bytes, version_1, sizeof(bytes));
	bytes[at] = byte;
	if (parse_copy(bytes, sizeof(bytes), &e) != NULL)
		fail_msg("taken: byte %zu is %d", at, byte);
	assert_string_equal(e.api, api);
}

static void test_odd_files_are_refused(void **state)
{
	(void)state;
	refuse_v1(3, 'F', "invalid_timer");
	refuse_v1(23, 1, "zone_missing"); /* counts of types that differ */
	refuse_v1(27, 1, "zone_missing");
	refuse_v1(31, 1, "invalid_timer"); /* leap seconds */
	refuse_v1(32, 1, "zone_missing");  /* 16 million changes */
	refuse_v1(32, (char)0x80, "zone_missing");
	refuse_v1(38, 1, "zone_missing"); /* more types than a byte can name */
	refuse_v1(39, 0, "zone_missing");
	refuse_v1(43, 0, "zone_missing");
	refuse_v1(48, 2, "zone_missing"); /* a type that is not there */
	refuse_v1(49, (char)0x80, "zone_missing"); /* an offset of years */
	refuse_v1(53, 2, "zone_missing");	   /* neither summer nor not */
	refuse_v1(54, 4, "zone_missing");	   /* no such abbreviation */
}

/* Two changes, at 10 and then at 5. */
static void test_times_have_to_rise(void **state)
{
	char bytes[] = "TZif\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
		       "\0\0\0\0\0\0\0\0\0\0\0\0"
		       "\0\0\0\2\0\0\0\2\0\0\0\4"
		       "\0\0\0\12\0\0\0\5"
		       "\1\0"
		       "\0\0\x0e\x10\0\0"
		       "\0\0\x1c\x20\1\2"
		       "A\0B";
	struct err e = {0};

	(void)state;
	assert_null(parse_copy(bytes, sizeof(bytes), &e));
	assert_string_equal(e.api, "zone_missing");
	err_clear(&e);
	bytes[51] = 10;
	assert_null(parse_copy(bytes, sizeof(bytes), &e));
	err_clear(&e);
	bytes[51] = 11;
	zone_free(parse_copy(bytes, sizeof(bytes), &e));
	assert_false(err_is(&e));
}

/* --- names */

static void refuse_name(const char *folder, const char *name, const char *api)
{
	struct err e = {0};

	if (zone_open(folder, name, &e) != NULL)
		fail_msg("taken: %s", name);
	if (strcmp(e.api, api) != 0)
		fail_msg("%s: %s, %s", name, e.api, e.msg);
}

static void test_names(void **state)
{
	static const char too_long[] =
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"aa";
	static const char *const bad[] = {
		"",
		"/etc/localtime",
		"..",
		"../zoneinfo/UTC",
		"Europe/../UTC",
		"Europe//Berlin",
		"Europe/",
		"Europe",
		"localtime",
		"zone.tab",
		"Europe/Berlin ",
		"Europe\\Berlin",
		"Eur\xc3\xb6pe",
		"europe/berlin",
		"Europe/Berlin/x",
		"leapseconds",
		too_long,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refuse_name(NULL, bad[i], "invalid_timer");
	zone_free(open_zone("Etc/GMT+5"));
	zone_free(open_zone("America/Argentina/ComodRivadavia"));
	zone_free(open_zone("America/Port-au-Prince"));
	zone_free(NULL);
}

static void test_no_zone_files(void **state)
{
	struct err e = {0};
	struct zone *z = zone_open("/nowhere", "UTC", &e);
	char folder[] = "/tmp/zones.XXXXXX", path[64];

	(void)state;
	assert_non_null(z);
	assert_int_equal(zone_offset(z, 1800000000), 0);
	zone_free(z);
	refuse_name("/nowhere", "Europe/Berlin", "zone_missing");
	assert_non_null(mkdtemp(folder));
	refuse_name(folder, "Berlin", "zone_missing");
	(void)snprintf(path, sizeof(path), "%s/Berlin", folder);
	assert_true(file_write(path, 0600, "TZif2", 5, &e));
	refuse_name(folder, "Berlin", "zone_missing");
	assert_int_equal(unlink(path), 0);
	(void)snprintf(path, sizeof(path), "%s/UTC", folder);
	assert_true(file_write(path, 0600, "", 0, &e));
	refuse_name(folder, "Berlin", "invalid_timer");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dates_follow_each_other),
		cmocka_unit_test(test_all_zones_as_in_glibc),
		cmocka_unit_test(test_rule21_instants_of_local_times),
		cmocka_unit_test(test_rule21_gaps_and_repetitions),
		cmocka_unit_test(test_rules_are_read),
		cmocka_unit_test(test_rules_that_are_refused),
		cmocka_unit_test(test_rules_are_followed),
		cmocka_unit_test(test_files_cut_anywhere_are_refused),
		cmocka_unit_test(test_files_with_any_byte_changed),
		cmocka_unit_test(test_version_1_has_no_footer),
		cmocka_unit_test(test_odd_files_are_refused),
		cmocka_unit_test(test_times_have_to_rise),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_no_zone_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
