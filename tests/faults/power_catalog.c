/*
 * power_catalog.c - cuts the power of a catalog, in memory: what real acts of
 * it write is recorded below SQLite, with each sync, and states of the disk
 * are made of it as a cut could have left them at any moment. Of what was
 * written since the last sync of a file, any part may be there: each sector
 * holds one of the versions that it had, of the file's lengths any. Each state
 * must be whole (PRAGMA integrity_check) and hold exactly what the last act
 * that was acknowledged left, or that and the one that was under way.
 *
 * Without the syncs the same must find states that do not: the test can fail.
 *
 * usage: power_catalog [STATES [SEED]]
 */
#include "config.h"

#include "../unit/test_catalog_rig.h"

#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "catalog/db_int.h"

enum {
	FILES = 4, /* catalog.db and what SQLite calls after it */
	SECTOR = 512,
	SESSIONS = 6,
	ACTS = 16, /* of a session */
	DEFAULT_STATES = 600,
	UNSYNCED_STATES = 600,
	OPEN_EVERY = 100, /* so many states are opened as a catalog too */
	SHOWN_MAX = 5,
};

static const char *const suffixes[FILES] = {"", "-wal", "-journal", "-shm"};

enum event_kind { WRITE, TRUNCATE, SYNC, DELETE, ACKNOWLEDGED };

struct event {
	enum event_kind kind;
	unsigned file;
	bool is_durable; /* of DELETE: its folder was synced */
	int64_t at;
	size_t len;
	unsigned char *bytes;
	uint64_t sum; /* of ACKNOWLEDGED: of all rows then */
};

static struct {
	pthread_mutex_t lock;
	bool is_on;
	char path[128];
	struct event *list;
	size_t n, cap;
} record = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void die(const char *why)
{
	(void)fprintf(stderr, "%s\n", why);
	exit(1);
}

static void *must(void *p)
{
	if (p == NULL)
		die("out of memory");
	return p;
}

static void add(struct event e)
{
	(void)pthread_mutex_lock(&record.lock);
	if (record.n == record.cap) {
		record.cap = record.cap * 2 + 1024;
		record.list = must(realloc(
			record.list, record.cap * sizeof(record.list[0])));
	}
	record.list[record.n++] = e;
	(void)pthread_mutex_unlock(&record.lock);
}

/* ---- below SQLite */

struct file {
	sqlite3_file base; /* first */
	unsigned number;
	bool is_watched;
	sqlite3_file *below;
};

static sqlite3_vfs *below_vfs;

static struct file *file_of(sqlite3_file *f)
{
	return (struct file *)f;
}

static sqlite3_file *below_of(sqlite3_file *f)
{
	return file_of(f)->below;
}

static int file_number(const char *name)
{
	size_t n = strlen(record.path);

	if (!record.is_on || name == NULL || strncmp(name, record.path, n) != 0)
		return -1;
	for (int i = 0; i < FILES; i++) {
		if (strcmp(name + n, suffixes[i]) == 0)
			return i;
	}
	return -1;
}

static int on_close(sqlite3_file *f)
{
	sqlite3_file *b = below_of(f);
	int rc = b->pMethods != NULL ? b->pMethods->xClose(b) : SQLITE_OK;

	sqlite3_free(b);
	return rc;
}

static int on_read(sqlite3_file *f, void *to, int len, sqlite3_int64 at)
{
	return below_of(f)->pMethods->xRead(below_of(f), to, len, at);
}

static int on_write(sqlite3_file *f, const void *from, int len,
		    sqlite3_int64 at)
{
	struct event e = {.kind = WRITE,
			  .file = file_of(f)->number,
			  .at = at,
			  .len = (size_t)len};

	if (file_of(f)->is_watched) {
		e.bytes = must(malloc(e.len));
		memcpy(e.bytes, from, e.len);
		add(e);
	}
	return below_of(f)->pMethods->xWrite(below_of(f), from, len, at);
}

static int on_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	if (file_of(f)->is_watched)
		add((struct event){.kind = TRUNCATE,
				   .file = file_of(f)->number,
				   .at = size});
	return below_of(f)->pMethods->xTruncate(below_of(f), size);
}

static int on_sync(sqlite3_file *f, int flags)
{
	int rc = below_of(f)->pMethods->xSync(below_of(f), flags);

	if (file_of(f)->is_watched && rc == SQLITE_OK)
		add((struct event){.kind = SYNC, .file = file_of(f)->number});
	return rc;
}

static int on_size(sqlite3_file *f, sqlite3_int64 *size)
{
	return below_of(f)->pMethods->xFileSize(below_of(f), size);
}

static int on_lock(sqlite3_file *f, int how)
{
	return below_of(f)->pMethods->xLock(below_of(f), how);
}

static int on_unlock(sqlite3_file *f, int how)
{
	return below_of(f)->pMethods->xUnlock(below_of(f), how);
}

static int on_check_lock(sqlite3_file *f, int *out)
{
	return below_of(f)->pMethods->xCheckReservedLock(below_of(f), out);
}

static int on_control(sqlite3_file *f, int op, void *arg)
{
	return below_of(f)->pMethods->xFileControl(below_of(f), op, arg);
}

static int on_sector(sqlite3_file *f)
{
	return below_of(f)->pMethods->xSectorSize(below_of(f));
}

static int on_device(sqlite3_file *f)
{
	return below_of(f)->pMethods->xDeviceCharacteristics(below_of(f));
}

static int on_shm_map(sqlite3_file *f, int page, int size, int extend,
		      void volatile **out)
{
	return below_of(f)->pMethods->xShmMap(below_of(f), page, size, extend,
					      out);
}

static int on_shm_lock(sqlite3_file *f, int at, int n, int flags)
{
	return below_of(f)->pMethods->xShmLock(below_of(f), at, n, flags);
}

static void on_shm_barrier(sqlite3_file *f)
{
	below_of(f)->pMethods->xShmBarrier(below_of(f));
}

static int on_shm_unmap(sqlite3_file *f, int remove)
{
	return below_of(f)->pMethods->xShmUnmap(below_of(f), remove);
}

/* Version 2: no pages mapped into memory, every write is seen. */
static const sqlite3_io_methods methods = {
	.iVersion = 2,
	.xClose = on_close,
	.xRead = on_read,
	.xWrite = on_write,
	.xTruncate = on_truncate,
	.xSync = on_sync,
	.xFileSize = on_size,
	.xLock = on_lock,
	.xUnlock = on_unlock,
	.xCheckReservedLock = on_check_lock,
	.xFileControl = on_control,
	.xSectorSize = on_sector,
	.xDeviceCharacteristics = on_device,
	.xShmMap = on_shm_map,
	.xShmLock = on_shm_lock,
	.xShmBarrier = on_shm_barrier,
	.xShmUnmap = on_shm_unmap,
};

static int on_open(sqlite3_vfs *v, const char *name, sqlite3_file *f, int flags,
		   int *out)
{
	int number = file_number(name), rc;
	struct file *mine = file_of(f);

	(void)v;
	*mine = (struct file){.number = number < 0 ? 0 : (unsigned)number,
			      .is_watched = number >= 0};
	mine->below = must(sqlite3_malloc(below_vfs->szOsFile));
	memset(mine->below, 0, (size_t)below_vfs->szOsFile);
	rc = below_vfs->xOpen(below_vfs, name, mine->below, flags, out);
	if (rc == SQLITE_OK)
		f->pMethods = &methods;
	else
		sqlite3_free(mine->below);
	return rc;
}

static int on_delete(sqlite3_vfs *v, const char *name, int is_synced)
{
	int number = file_number(name);

	(void)v;
	if (number >= 0)
		add((struct event){.kind = DELETE,
				   .file = (unsigned)number,
				   .is_durable = is_synced != 0});
	return below_vfs->xDelete(below_vfs, name, is_synced);
}

static void take_the_place(void)
{
	static sqlite3_vfs mine;

	below_vfs = sqlite3_vfs_find(NULL);
	mine = *below_vfs;
	mine.pNext = NULL;
	mine.zName = "recorded";
	mine.szOsFile = (int)sizeof(struct file);
	mine.xOpen = on_open;
	mine.xDelete = on_delete;
	if (sqlite3_vfs_register(&mine, 1) != SQLITE_OK)
		die("no VFS");
}

/* ---- what is in a catalog, as one number */

static uint64_t mix(uint64_t sum, const unsigned char *bytes, size_t len)
{
	/* A NULL has no bytes. */
	for (size_t i = 0; bytes != NULL && i < len; i++)
		sum = (sum ^ bytes[i]) * UINT64_C(1099511628211);
	return (sum ^ len) * UINT64_C(1099511628211);
}

/* The rows of a query, in their order. */
static bool sum_rows(sqlite3 *sq, const char *sql, uint64_t *sum)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(sq, sql, -1, &st, NULL);

	while (rc == SQLITE_OK || rc == SQLITE_ROW) {
		rc = sqlite3_step(st);
		for (int i = 0;
		     rc == SQLITE_ROW && i < sqlite3_column_count(st); i++)
			*sum = mix(*sum, sqlite3_column_blob(st, i),
				   (size_t)sqlite3_column_bytes(st, i));
	}
	(void)sqlite3_finalize(st);
	return rc == SQLITE_DONE;
}

static bool sum_tables(sqlite3 *sq, uint64_t *sum)
{
	char *names = NULL, *at, *name;
	struct text all = {0}, sql = {0};
	sqlite3_stmt *st = NULL;
	bool ok;

	if (sqlite3_prepare_v2(sq,
			       "SELECT name FROM sqlite_master WHERE "
			       "type = 'table' ORDER BY name",
			       -1, &st, NULL) != SQLITE_OK)
		return false;
	while (sqlite3_step(st) == SQLITE_ROW)
		text_printf(&all, "%s\n",
			    (const char *)sqlite3_column_text(st, 0));
	ok = sqlite3_finalize(st) == SQLITE_OK;
	at = names = all.len > 0 ? text_take(&all) : NULL;
	while (ok && (name = strsep(&at, "\n")) != NULL) {
		if (*name == '\0')
			continue;
		text_reset(&sql);
		text_printf(&sql, "SELECT * FROM \"%s\"", name);
		*sum = mix(*sum, (const unsigned char *)name, strlen(name));
		ok = sum_rows(sq, sql.data, sum);
	}
	text_free(&sql);
	free(names);
	return ok;
}

/* NULL, or what is wrong with the file. */
static const char *look(const char *path, uint64_t *sum)
{
	const char *wrong = NULL;
	char *said = NULL;
	struct err e = {0};
	struct db db;

	*sum = 0;
	if (!db_open(&db, path, &e))
		return "it cannot be opened";
	if (!db_text(&db, "PRAGMA integrity_check", NULL, &said, &e) ||
	    said == NULL || strcmp(said, "ok") != 0)
		wrong = "it is corrupt";
	else if (!sum_tables(db.sq, sum))
		wrong = "its rows cannot be read";
	free(said);
	db.is_dead = true; /* leaves the log alone: the state is thrown away */
	db_close(&db);
	return wrong;
}

/* ---- the acts */

static void acknowledge(struct rig *r)
{
	struct event e = {.kind = ACKNOWLEDGED};
	bool was_on = record.is_on;

	record.is_on = false;
	if (look(r->path, &e.sum) != NULL)
		die("the catalog that lives cannot be read");
	record.is_on = was_on;
	add(e);
}

static void act(struct rig *r, unsigned n)
{
	char name[NAME_BUF];

	(void)snprintf(name, sizeof(name), "thing-%u", n);
	switch (n % 4) {
	case 0:
		assert_true(rig_create_source(r, name));
		break;
	case 1:
		assert_true(rig_create_pool(r, name));
		break;
	case 2:
		assert_true(rig_begin_backup(r, name, "db1", "local"));
		break;
	default:
		(void)snprintf(name, sizeof(name), "thing-%u", n - 1);
		assert_true(rig_get_backup(r, name));
		assert_true(rig_start_backup(r, &r->a.backup));
	}
	acknowledge(r);
	if (n % 4 == 3) {
		assert_true(rig_get_backup(r, name));
		assert_true(
			rig_finish_backup(r, &r->a.backup, BACKUP_COMPLETED));
		acknowledge(r);
	}
}

/* What there is before the first act is taken for durable. */
static void record_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct event e = {.kind = WRITE};
	struct stat sb;

	if (fd < 0 || fstat(fd, &sb) != 0)
		die("no catalog");
	e.len = (size_t)sb.st_size;
	e.bytes = must(malloc(e.len));
	if (pread(fd, e.bytes, e.len, 0) != (ssize_t)e.len)
		die("no catalog");
	(void)close(fd);
	add(e);
	add((struct event){.kind = SYNC});
}

/* Leaves the catalog closed. */
static void record_acts(struct rig *r)
{
	rig_close(r);
	(void)str_copy(record.path, sizeof(record.path), r->path);
	record_file(r->path);
	acknowledge(r);
	record.is_on = true;
	for (unsigned s = 0; s < SESSIONS; s++) {
		/* Opening may write; what it leaves is as good as an act. */
		rig_open(r);
		acknowledge(r);
		for (unsigned i = 0; i < ACTS; i++)
			act(r, s * ACTS + i);
		rig_close(r);
	}
	record.is_on = false;
}

/* ---- the disk */

struct image {
	unsigned char *bytes;
	size_t len, cap;
	bool exists;
};

static uint64_t random_state;

/* xorshift64*, so that a seed says it all. */
static uint64_t random_number(uint64_t below)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return (random_state * UINT64_C(2685821657736338717) >> 11) % below;
}

static void image_size(struct image *i, size_t len)
{
	if (len > i->cap) {
		i->cap = len * 2;
		i->bytes = must(realloc(i->bytes, i->cap));
	}
	if (len > i->len)
		memset(i->bytes + i->len, 0, len - i->len);
	i->len = len;
	i->exists = true;
}

static void image_write(struct image *i, size_t at, const unsigned char *bytes,
			size_t len)
{
	if (at + len > i->len)
		image_size(i, at + len);
	if (len > 0)
		memcpy(i->bytes + at, bytes, len);
}

static void image_apply(struct image *i, const struct event *e)
{
	if (e->kind == WRITE)
		image_write(i, (size_t)e->at, e->bytes, e->len);
	else if (e->kind == TRUNCATE)
		image_size(i, (size_t)e->at);
	else
		i->len = 0;
	i->exists = e->kind != DELETE;
}

/* How the cut treats what was not synced. */
enum loss { LOSE_LATER, LOSE_ANY, TEAR, LOSS_COUNT };

/* One write, of which sectors may be missing. */
static void image_tear(struct image *i, const struct event *e)
{
	for (size_t at = 0; at < e->len;) {
		size_t n = SECTOR - ((size_t)e->at + at) % SECTOR;

		if (n > e->len - at)
			n = e->len - at;
		if (random_number(2) == 0)
			image_write(i, (size_t)e->at + at, e->bytes + at, n);
		at += n;
	}
}

static void image_lose(struct image *i, const struct event *e, enum loss loss)
{
	if (e->kind == WRITE && loss == TEAR)
		image_tear(i, e);
	else if (loss == LOSE_LATER || random_number(2) == 0)
		image_apply(i, e);
}

/* What is durable at a cut, and where the rest of each file begins. */
struct disk {
	struct image files[FILES];
	size_t synced[FILES]; /* events of it before are all in */
	size_t at;
	bool is_deaf; /* syncs do nothing */
};

static void disk_sync(struct disk *d, unsigned file)
{
	for (size_t i = d->synced[file]; i < d->at; i++) {
		const struct event *e = &record.list[i];

		if (e->file == file && e->kind <= DELETE && e->kind != SYNC)
			image_apply(&d->files[file], e);
	}
	d->synced[file] = d->at;
}

/* Events up to this one have happened. */
static void disk_go(struct disk *d, size_t to)
{
	for (; d->at < to; d->at++) {
		const struct event *e = &record.list[d->at];

		/* The first image is what there was. */
		if ((e->kind == SYNC && (!d->is_deaf || d->at < 2)) ||
		    (e->kind == DELETE && e->is_durable && !d->is_deaf)) {
			d->at += e->kind == DELETE;
			disk_sync(d, e->file);
			d->at -= e->kind == DELETE;
		}
	}
}

static void write_file(const char *folder, unsigned file, const struct image *i)
{
	char path[128];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/cut.db%s", folder,
		       suffixes[file]);
	(void)unlink(path);
	if (!i->exists)
		return;
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, i->bytes, i->len) != (ssize_t)i->len)
		die("a state cannot be written");
	(void)close(fd);
}

/* A state that a cut now may leave, as files. */
static void disk_cut(const struct disk *d, const char *folder)
{
	static struct image scratch;

	for (unsigned f = 0; f < FILES; f++) {
		enum loss loss = (enum loss)random_number(LOSS_COUNT);
		size_t end = d->at;

		scratch.len = 0;
		image_size(&scratch, d->files[f].len);
		if (d->files[f].len > 0)
			memcpy(scratch.bytes, d->files[f].bytes,
			       d->files[f].len);
		scratch.exists = d->files[f].exists;
		if (loss == LOSE_LATER)
			end = d->synced[f] +
			      random_number(d->at - d->synced[f] + 1);
		for (size_t i = d->synced[f]; i < end; i++) {
			const struct event *e = &record.list[i];

			if (e->file == f && e->kind <= DELETE &&
			    e->kind != SYNC)
				image_lose(&scratch, e, loss);
		}
		write_file(folder, f, &scratch);
	}
	free(scratch.bytes);
	scratch = (struct image){0};
}

/* ---- many cuts */

struct tally {
	unsigned states, corrupt, lost, opened;
};

/* The sums of the acts around a cut: what was acknowledged last, and next. */
static bool is_allowed(uint64_t sum, size_t cut)
{
	size_t before = cut, after = cut;

	while (before > 0 && record.list[before - 1].kind != ACKNOWLEDGED)
		before--;
	while (after < record.n && record.list[after].kind != ACKNOWLEDGED)
		after++;
	return (before > 0 && record.list[before - 1].sum == sum) ||
	       (after < record.n && record.list[after].sum == sum);
}

/* With all that opening does: recovery, migrations, identity. */
static bool opens_as_catalog(struct rig *r, const char *folder)
{
	struct err e = {0};
	bool ok;

	(void)snprintf(r->path, sizeof(r->path), "%s/cut.db", folder);
	ok = rig_try_open(r, &e);
	if (ok)
		rig_close(r);
	return ok;
}

static void judge(struct tally *t, struct rig *r, const char *folder,
		  size_t cut, bool is_shown)
{
	char path[128];
	uint64_t sum;
	const char *wrong;

	(void)snprintf(path, sizeof(path), "%s/cut.db", folder);
	wrong = look(path, &sum);
	t->states++;
	if (wrong == NULL && t->states % OPEN_EVERY == 0) {
		t->opened++;
		if (!opens_as_catalog(r, folder))
			wrong = "the server does not open it";
	}
	if (wrong != NULL)
		t->corrupt++;
	else if (!is_allowed(sum, cut))
		t->lost++;
	if (is_shown && (wrong != NULL || !is_allowed(sum, cut)) &&
	    t->corrupt + t->lost <= SHOWN_MAX)
		printf("cut after event %zu of %zu: %s\n", cut, record.n,
		       wrong != NULL ? wrong : "an acknowledged act is lost");
}

static int by_number(const void *a, const void *b)
{
	const size_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static struct tally cut_often(struct rig *r, const char *folder,
			      unsigned states, bool is_deaf)
{
	size_t *cuts = must(calloc(states, sizeof(*cuts)));
	struct disk d = {.is_deaf = is_deaf};
	struct tally t = {0};

	for (unsigned i = 0; i < states; i++)
		cuts[i] = 3 + random_number(record.n - 2);
	qsort(cuts, states, sizeof(*cuts), by_number);
	for (unsigned i = 0; i < states; i++) {
		disk_go(&d, cuts[i]);
		disk_cut(&d, folder);
		judge(&t, r, folder, cuts[i], !is_deaf);
	}
	for (unsigned f = 0; f < FILES; f++)
		free(d.files[f].bytes);
	free(cuts);
	return t;
}

static void remove_states(const char *folder)
{
	char path[128];

	for (unsigned f = 0; f < FILES; f++) {
		(void)snprintf(path, sizeof(path), "%s/cut.db%s", folder,
			       suffixes[f]);
		(void)unlink(path);
	}
	/* Of those that were opened as the server does. */
	(void)snprintf(path, sizeof(path), "%s/cut.db.lock", folder);
	(void)unlink(path);
	(void)rmdir(folder);
}

static void end_record(void)
{
	for (size_t i = 0; i < record.n; i++)
		free(record.list[i].bytes);
	free(record.list);
}

static bool run(struct rig *r, const char *folder, unsigned states)
{
	struct tally good = cut_often(r, folder, states, false);
	struct tally deaf = cut_often(r, folder, UNSYNCED_STATES, true);

	printf("%u states (%u opened by the server): %u corrupt, %u lost an "
	       "acknowledged act\n",
	       good.states, good.opened, good.corrupt, good.lost);
	printf("without syncs %u states: %u corrupt, %u lost an act\n",
	       deaf.states, deaf.corrupt, deaf.lost);
	return good.corrupt + good.lost == 0 && deaf.corrupt + deaf.lost > 0;
}

int main(int argc, char **argv)
{
	unsigned states = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10)
				   : DEFAULT_STATES;
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10)
				 : (uint64_t)clock_now_ms();
	/* In memory, where there is some: a state is read once. */
	char shared[] = "/dev/shm/coffer-power-XXXXXX";
	char other[] = "/tmp/coffer-power-XXXXXX", *folder = mkdtemp(shared);
	char kept[sizeof(((struct rig *)NULL)->path)];
	void *state = NULL;
	struct rig *r;
	bool ok;

	folder = folder != NULL ? folder : mkdtemp(other);
	if (folder == NULL)
		die("no folder");
	take_the_place();
	(void)rig_setup_with(&state, "db1", "local");
	(void)alarm(0); /* of the rig: what follows may take longer */
	r = state;
	record_acts(r);
	printf("seed %" PRIu64 ", %zu events\n", seed, record.n);
	(void)str_copy(kept, sizeof(kept), r->path);
	random_state = seed * 2 + 1;
	ok = run(r, folder, states);
	(void)str_copy(r->path, sizeof(r->path), kept);
	(void)rig_teardown(&state);
	remove_states(folder);
	end_record();
	return ok ? 0 : 1;
}
