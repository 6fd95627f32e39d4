/*
 * rdb_read.c - what reading an RDB file costs beside passing it on: CPU seconds
 * a GB of the reader with its counts and digests, in pieces as they come from
 * a socket. tests/bench/redis runs it.
 *
 * usage: rdb_read FILE [ROUNDS [skim]]    prints a figure per round
 *
 * skim: values are passed over, as a restore does it: neither unpacked, nor
 * taken apart, nor digested. What is left is names, lengths and the checksum.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "sources/redis/rdb/rdb.h"
#include "sources/redis/rdb/tally.h"

enum { PIECE_BYTES = 256 * 1024, ROUNDS = 5 };

struct reading {
	struct rdb_reader *reader;
	struct rdb_tallies tallies;
};

static bool on_begin(void *arg, const struct rdb_record *r, struct err *e)
{
	(void)arg;
	(void)r;
	(void)e;
	return true;
}

static bool on_begin_skimmed(void *arg, const struct rdb_record *r,
			     struct err *e)
{
	struct reading *reading = arg;

	(void)e;
	if (r->kind == RDB_RECORD_KEY)
		rdb_skim(reading->reader);
	return true;
}

static bool on_end(void *arg, const struct rdb_record *r,
		   const struct digest *digest, struct err *e)
{
	struct reading *reading = arg;
	struct rdb_tally *tally;

	if (r->kind != RDB_RECORD_KEY)
		return true;
	tally = rdb_tally_of(&reading->tallies, r->database, e);
	if (tally != NULL)
		rdb_tally_add(tally, r, digest);
	return tally != NULL;
}

static double cpu_seconds(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool read_all(const unsigned char *bytes, size_t len, bool is_skimmed,
		     struct err *e)
{
	static const struct rdb_events whole = {on_begin, on_end, NULL};
	static const struct rdb_events skimmed = {on_begin_skimmed, on_end,
						  NULL};
	struct reading reading = {0};
	struct rdb_reader *r =
		rdb_new(is_skimmed ? &skimmed : &whole, &reading, e);
	bool ok = r != NULL;

	reading.reader = r;
	for (size_t at = 0; ok && at < len; at += PIECE_BYTES)
		ok = rdb_feed(r, bytes + at,
			      len - at < PIECE_BYTES ? len - at : PIECE_BYTES,
			      e);
	if (ok && !rdb_is_over(r))
		ok = err_set(e, ERR_INVALID, "damaged_stream", "it has no end");
	rdb_free(r);
	rdb_tallies_fini(&reading.tallies);
	return ok;
}

/* Read from the disk before anything is measured. */
static unsigned char *map_file(const char *path, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	void *bytes = MAP_FAILED;
	struct stat st;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) == 0 && st.st_size > 0) {
		*len = (size_t)st.st_size;
		bytes = mmap(NULL, *len, PROT_READ, MAP_PRIVATE | MAP_POPULATE,
			     fd, 0);
	}
	(void)close(fd);
	return bytes == MAP_FAILED ? NULL : bytes;
}

int main(int argc, char **argv)
{
	int rounds = argc > 2 ? atoi(argv[2]) : ROUNDS;
	bool is_skimmed = argc > 3 && strcmp(argv[3], "skim") == 0;
	unsigned char *bytes;
	struct err e = {0};
	size_t len = 0;

	bytes = argc > 1 ? map_file(argv[1], &len) : NULL;
	if (bytes == NULL) {
		(void)fputs("usage: rdb_read FILE [ROUNDS [skim]]\n", stderr);
		return 2;
	}
	for (int i = 0; i < rounds; i++) {
		double begin = cpu_seconds();

		if (!read_all(bytes, len, is_skimmed, &e)) {
			(void)fprintf(stderr, "%s\n", e.msg);
			return 1;
		}
		(void)printf("%.3f\n",
			     (cpu_seconds() - begin) / ((double)len / 1e9));
	}
	return 0;
}
