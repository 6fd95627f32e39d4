/*
 * power_dir.c - cuts the power of a directory pool, in memory: what puts and
 * removals of the real store ask of the kernel is recorded, with each sync, and
 * states of the disk are made of it as a cut could have left them at any
 * moment. A file's content since its last fsync is any of its lengths, torn or
 * not; each name of a folder is what it was at any moment since the last fsync
 * of that folder. In each state an object whose put was acknowledged is whole,
 * one that was removed is gone, and one under way is whole or is not there.
 *
 * Without the syncs the same must find states where it is not so.
 *
 * The calls of the store's files come here by the linker's --wrap.
 *
 * usage: power_dir [STATES [SEED]]
 */
#include "config.h"

#include "../unit/test_stores_rig.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"

enum {
	NODES_MAX = 4096,
	NAMES_MAX = 4096,
	EVENTS_MAX = 32768,
	FDS_MAX = 1024,
	KEYS = 24,
	ACTS = 400,
	DEFAULT_STATES = 20000,
	UNSYNCED_STATES = 2000,
	SHOWN_MAX = 5,
	NONE = -1,
};

/* A file is what it was filled with; its bytes are all of one number. */
enum event_kind {
	CREATE, /* name of folder is node */
	NAME,	/* the same for a node that there was; NONE: no such name */
	WRITE,	/* node grew to so many bytes */
	SYNC,	/* node, or the names in it */
	BEGIN,	/* of the act on key: value is what it would be */
	END,	/* it was acknowledged */
};

struct event {
	enum event_kind kind;
	int folder, name, node; /* name: an index into names */
	size_t len;
	int key, value;
};

/* Of a key: its object's number and length, from one to the next. */
struct value {
	size_t len;
	unsigned char fill;
};

static struct {
	pthread_mutex_t lock;
	bool is_on;
	char *names[NAMES_MAX];
	int nnames, nnodes;
	unsigned char fill[NODES_MAX]; /* what the node's bytes are */
	size_t size[NODES_MAX];
	int node_of_fd[FDS_MAX];
	/* the tree as it is now, to follow what calls mean */
	int tree_folder[NAMES_MAX], tree_name[NAMES_MAX], tree_node[NAMES_MAX];
	int ntree;
	struct event list[EVENTS_MAX];
	size_t n;
	struct value values[ACTS + 1];
} record = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void die(const char *why)
{
	(void)fprintf(stderr, "%s\n", why);
	exit(1);
}

static void add(struct event e)
{
	if (record.n == EVENTS_MAX)
		die("too many events");
	record.list[record.n++] = e;
}

static int name_number(const char *name)
{
	for (int i = 0; i < record.nnames; i++) {
		if (strcmp(record.names[i], name) == 0)
			return i;
	}
	if (record.nnames == NAMES_MAX)
		die("too many names");
	record.names[record.nnames] = strdup(name);
	return record.nnames++;
}

static int *tree_at(int folder, int name)
{
	for (int i = 0; i < record.ntree; i++) {
		if (record.tree_folder[i] == folder &&
		    record.tree_name[i] == name)
			return &record.tree_node[i];
	}
	if (record.ntree == NAMES_MAX)
		die("too many places");
	record.tree_folder[record.ntree] = folder;
	record.tree_name[record.ntree] = name;
	record.tree_node[record.ntree] = NONE;
	return &record.tree_node[record.ntree++];
}

static void set_name(int folder, const char *name, int node,
		     enum event_kind kind)
{
	int number = name_number(name);

	*tree_at(folder, number) = node;
	add((struct event){
		.kind = kind, .folder = folder, .name = number, .node = node});
}

static int new_node(void)
{
	if (record.nnodes == NODES_MAX)
		die("too many files");
	return record.nnodes++;
}

static int node_at(int fd)
{
	return fd >= 0 && fd < FDS_MAX ? record.node_of_fd[fd] : NONE;
}

static bool begin(int fd)
{
	(void)pthread_mutex_lock(&record.lock);
	return record.is_on && node_at(fd) != NONE;
}

static void end(void)
{
	(void)pthread_mutex_unlock(&record.lock);
}

static void set_fd(int fd, int node)
{
	if (fd >= FDS_MAX)
		die("too many descriptors");
	if (fd >= 0)
		record.node_of_fd[fd] = node;
}

/* ---- the calls: open() and openat() are what they are with large files */

int __real_open64(const char *path, int flags, ...);
int __real_openat64(int folder, const char *name, int flags, ...);
int __real_close(int fd);
int __real_mkdirat(int folder, const char *name, mode_t mode);
ssize_t __real_write(int fd, const void *bytes, size_t len);
int __real_fsync(int fd);
int __real_renameat(int from, const char *name, int to, const char *other);
int __real_renameat2(int from, const char *name, int to, const char *other,
		     unsigned flags);
int __real_unlinkat(int folder, const char *name, int flags);
int __wrap_open64(const char *path, int flags, ...);
int __wrap_openat64(int folder, const char *name, int flags, ...);
int __wrap_close(int fd);
int __wrap_mkdirat(int folder, const char *name, mode_t mode);
ssize_t __wrap_write(int fd, const void *bytes, size_t len);
int __wrap_fsync(int fd);
int __wrap_renameat(int from, const char *name, int to, const char *other);
int __wrap_renameat2(int from, const char *name, int to, const char *other,
		     unsigned flags);
int __wrap_unlinkat(int folder, const char *name, int flags);

static char root[160];

int __wrap_open64(const char *path, int flags, ...)
{
	int fd = __real_open64(path, flags, 0600);

	(void)pthread_mutex_lock(&record.lock);
	set_fd(fd, strcmp(path, root) == 0 ? 0 : NONE);
	end();
	return fd;
}

int __wrap_openat64(int folder, const char *name, int flags, ...)
{
	int fd = __real_openat64(folder, name, flags, 0600), node = NONE;

	if (begin(folder) && fd >= 0) {
		if ((flags & O_CREAT) != 0) {
			node = new_node();
			set_name(node_at(folder), name, node, CREATE);
		} else {
			node = *tree_at(node_at(folder), name_number(name));
		}
	}
	set_fd(fd, node);
	end();
	return fd;
}

int __wrap_close(int fd)
{
	(void)pthread_mutex_lock(&record.lock);
	if (fd >= 0 && fd < FDS_MAX)
		record.node_of_fd[fd] = NONE;
	end();
	return __real_close(fd);
}

int __wrap_mkdirat(int folder, const char *name, mode_t mode)
{
	int rc = __real_mkdirat(folder, name, mode);

	if (begin(folder) && rc == 0)
		set_name(node_at(folder), name, new_node(), CREATE);
	end();
	return rc;
}

ssize_t __wrap_write(int fd, const void *bytes, size_t len)
{
	ssize_t n = __real_write(fd, bytes, len);
	int node;

	if (begin(fd) && n > 0) {
		node = node_at(fd);
		record.fill[node] = *(const unsigned char *)bytes;
		record.size[node] += (size_t)n;
		add((struct event){
			.kind = WRITE, .node = node, .len = record.size[node]});
	}
	end();
	return n;
}

int __wrap_fsync(int fd)
{
	int rc = __real_fsync(fd);

	if (begin(fd) && rc == 0)
		add((struct event){.kind = SYNC, .node = node_at(fd)});
	end();
	return rc;
}

static void note_rename(int from, const char *name, int to, const char *other)
{
	int node = *tree_at(node_at(from), name_number(name));

	/* One step, as file systems do it: the new name, then the old one. */
	set_name(node_at(to), other, node, NAME);
	set_name(node_at(from), name, NONE, NAME);
}

int __wrap_renameat(int from, const char *name, int to, const char *other)
{
	int rc = __real_renameat(from, name, to, other);

	if (begin(from) && rc == 0)
		note_rename(from, name, to, other);
	end();
	return rc;
}

int __wrap_renameat2(int from, const char *name, int to, const char *other,
		     unsigned flags)
{
	int rc = __real_renameat2(from, name, to, other, flags);

	if (begin(from) && rc == 0)
		note_rename(from, name, to, other);
	end();
	return rc;
}

int __wrap_unlinkat(int folder, const char *name, int flags)
{
	int rc = __real_unlinkat(folder, name, flags);

	if (begin(folder) && rc == 0)
		set_name(node_at(folder), name, NONE, NAME);
	end();
	return rc;
}

/* ---- the acts */

static uint64_t random_state;

/* xorshift64*, so that a seed says it all. */
static uint64_t random_number(uint64_t below)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return (random_state * UINT64_C(2685821657736338717) >> 11) % below;
}

static void key_name(int key, char out[64])
{
	(void)snprintf(out, 64, "b%d/%s/%02d", key % 5,
		       key % 2 != 0 ? "data" : "index", key);
}

static void put(struct rig *r, int key, int value, bool is_new)
{
	struct value *v = &record.values[value];
	unsigned char *bytes;
	char name[64];
	bool ok;

	v->len = 1 + random_number(3) * 300000;
	v->fill = (unsigned char)(1 + value % 255);
	bytes = malloc(v->len);
	if (bytes == NULL)
		die("out of memory");
	memset(bytes, v->fill, v->len);
	key_name(key, name);
	ok = is_new ? rig_put_new(r, name, bytes, v->len)
		    : rig_put(r, name, bytes, v->len);
	if (!ok)
		die(r->e.msg);
	free(bytes);
}

static void act(struct rig *r, int n)
{
	static bool is_there[KEYS];
	int key = (int)random_number(KEYS);
	bool is_put = !is_there[key] || random_number(3) != 0;
	char name[64];
	const char *names[1] = {name};

	key_name(key, name);
	(void)pthread_mutex_lock(&record.lock);
	add((struct event){
		.kind = BEGIN, .key = key, .value = is_put ? n : NONE});
	end();
	if (is_put)
		put(r, key, n, !is_there[key]);
	else if (!rig_remove(r, names, 1))
		die(r->e.msg);
	is_there[key] = is_put;
	(void)pthread_mutex_lock(&record.lock);
	add((struct event){
		.kind = END, .key = key, .value = is_put ? n : NONE});
	end();
}

/* ---- the disk */

/* Indexed as record.tree_*: what each place is, for sure, and may be. */
struct disk {
	int *node;	     /* durable, of each place */
	size_t *place_since; /* events of the place before are durable */
	size_t *len;	     /* durable, of each node */
	size_t *node_since;
	int sure[KEYS], maybe[KEYS]; /* values */
	size_t at;
	bool is_deaf;
};

static int place_of(int folder, int name)
{
	return (int)(tree_at(folder, name) - record.tree_node);
}

/* All that is known of the node, or in the folder, is durable. */
static void disk_sync(struct disk *d, int node)
{
	for (size_t i = d->node_since[node]; i < d->at; i++) {
		const struct event *e = &record.list[i];

		if (e->kind == WRITE && e->node == node)
			d->len[node] = e->len;
		if ((e->kind == CREATE || e->kind == NAME) && e->folder == node)
			d->node[place_of(e->folder, e->name)] = e->node;
	}
	d->node_since[node] = d->at;
}

static void disk_go(struct disk *d, size_t to)
{
	for (; d->at < to; d->at++) {
		const struct event *e = &record.list[d->at];

		if (e->kind == SYNC && !d->is_deaf)
			disk_sync(d, e->node);
		else if (e->kind == BEGIN)
			d->maybe[e->key] = e->value;
		else if (e->kind == END)
			d->sure[e->key] = e->value;
	}
}

/* What a name is after a cut: one of what it was since its folder's sync. */
static int cut_name(const struct disk *d, int folder, const char *name)
{
	int place = place_of(folder, name_number(name));
	int node = d->node[place];
	unsigned seen = 1;

	for (size_t i = d->node_since[folder]; i < d->at; i++) {
		const struct event *e = &record.list[i];

		if ((e->kind == CREATE || e->kind == NAME) &&
		    e->folder == folder && e->name == record.tree_name[place] &&
		    random_number(++seen) == 0)
			node = e->node;
	}
	return node;
}

/* Its length after a cut; torn: bytes are missing within. */
static size_t cut_len(const struct disk *d, int node, bool *is_torn)
{
	size_t len = d->len[node];
	unsigned seen = 1;

	*is_torn = false;
	for (size_t i = d->node_since[node]; i < d->at; i++) {
		const struct event *e = &record.list[i];

		if (e->kind != WRITE || e->node != node)
			continue;
		*is_torn = true;
		if (random_number(++seen) == 0)
			len = e->len;
	}
	*is_torn = *is_torn && random_number(2) == 0;
	return len;
}

/* NONE: it is not there; -2: it is, and is not whole; else its value. */
static int cut_object(const struct disk *d, int key)
{
	char name[64], *at = name, *part;
	bool is_torn = false;
	int node = 0;
	size_t len;

	key_name(key, name);
	while (node != NONE && (part = strsep(&at, "/")) != NULL)
		node = cut_name(d, node, part);
	if (node == NONE)
		return NONE;
	len = cut_len(d, node, &is_torn);
	for (int v = 0; v < ACTS; v++) {
		if (!is_torn && record.values[v].len == len &&
		    record.values[v].fill == record.fill[node] &&
		    (v == d->sure[key] || v == d->maybe[key]))
			return v;
	}
	return -2;
}

struct tally {
	unsigned states, torn, lost;
};

static void judge(const struct disk *d, struct tally *t)
{
	t->states++;
	for (int key = 0; key < KEYS; key++) {
		int found = cut_object(d, key);
		bool is_torn = found == -2;

		if (found == d->sure[key] || found == d->maybe[key])
			continue;
		t->torn += is_torn;
		t->lost += !is_torn;
		if (!d->is_deaf && t->torn + t->lost <= SHOWN_MAX)
			printf("cut after event %zu of %zu: object %d is %s\n",
			       d->at, record.n, key,
			       is_torn ? "not whole" : "not what was told");
	}
}

static void *zeroed(size_t n, size_t size)
{
	void *p = calloc(n, size);

	if (p == NULL)
		die("out of memory");
	return p;
}

static int by_number(const void *a, const void *b)
{
	const size_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static struct tally cut_often(unsigned states, bool is_deaf)
{
	struct disk d = {.is_deaf = is_deaf};
	size_t *cuts = zeroed(states, sizeof(*cuts));
	struct tally t = {0};

	d.node = zeroed(NAMES_MAX, sizeof(*d.node));
	d.len = zeroed(NODES_MAX, sizeof(*d.len));
	d.node_since = zeroed(NODES_MAX, sizeof(*d.node_since));
	memset(d.node, 0xff, NAMES_MAX * sizeof(*d.node)); /* NONE */
	for (int key = 0; key < KEYS; key++)
		d.sure[key] = d.maybe[key] = NONE;
	for (unsigned i = 0; i < states; i++)
		cuts[i] = random_number(record.n + 1);
	qsort(cuts, states, sizeof(*cuts), by_number);
	for (unsigned i = 0; i < states; i++) {
		disk_go(&d, cuts[i]);
		judge(&d, &t);
	}
	free(d.node);
	free(d.len);
	free(d.node_since);
	free(cuts);
	return t;
}

static void remove_tree(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *entry;
	char below[4096];

	while (d != NULL && (entry = readdir(d)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0)
			continue;
		(void)snprintf(below, sizeof(below), "%s/%s", path,
			       entry->d_name);
		if (unlink(below) != 0)
			remove_tree(below);
	}
	if (d != NULL)
		(void)closedir(d);
	(void)rmdir(path);
}

static void record_acts(struct rig *r)
{
	memset(record.node_of_fd, 0xff, sizeof(record.node_of_fd)); /* NONE */
	record.nnodes = 1; /* the folder of the pool, which is bound */
	(void)mkdir(root, 0700);
	rig_use_dir(r, root);
	record.is_on = true;
	for (int n = 0; n < ACTS; n++)
		act(r, n);
	record.is_on = false;
}

int main(int argc, char **argv)
{
	unsigned states = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10)
				   : DEFAULT_STATES;
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10)
				 : (uint64_t)clock_now_ms();
	char folder[] = "/tmp/coffer-power-XXXXXX";
	struct tally good, deaf;
	void *state = NULL;

	if (mkdtemp(folder) == NULL)
		die("no folder");
	(void)snprintf(root, sizeof(root), "%s/pool", folder);
	random_state = seed * 2 + 1;
	(void)rig_setup(&state);
	record_acts(state);
	(void)rig_teardown(&state);
	remove_tree(folder);
	printf("seed %" PRIu64 ", %zu events of %d acts\n", seed, record.n,
	       (int)ACTS);
	good = cut_often(states, false);
	deaf = cut_often(UNSYNCED_STATES, true);
	for (int i = 0; i < record.nnames; i++)
		free(record.names[i]);
	printf("%u states of %d objects: %u not whole, %u lost or back\n",
	       good.states, (int)KEYS, good.torn, good.lost);
	printf("without syncs %u states: %u not whole, %u lost or back\n",
	       deaf.states, deaf.torn, deaf.lost);
	return good.torn + good.lost == 0 && deaf.torn + deaf.lost > 0 ? 0 : 1;
}
