/* facts.c - see sources/file_facts.h. */
#include "sources/file_facts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/encode.h"
#include "base/scan.h"
#include "base/text.h"

enum { MODE_BITS = 07777, NANOSECONDS = 1000000000 };

static void add_time(struct text *out, const char *key,
		     const struct file_time *t)
{
	text_printf(out, ",\"%s\":[%" PRId64 ",%" PRIu32 "]", key, t->seconds,
		    t->nanoseconds);
}

static void add_base64(struct text *out, const char *bytes)
{
	size_t len = strlen(bytes), room = (len + 2) / 3 * 4;

	text_str(out, ",\"target_base64\":\"");
	if (text_reserve(out, room + 1)) {
		(void)base64_encode(bytes, len, out->data + out->len);
		out->len += room;
	}
	text_char(out, '"');
}

static void add_target(struct text *out, const char *target)
{
	json_t *string = json_string(target);
	char *quoted;

	if (string == NULL) {
		add_base64(out, target);
		return;
	}
	quoted = json_dumps(string, JSON_COMPACT | JSON_ENCODE_ANY);
	json_decref(string);
	if (quoted == NULL)
		out->is_broken = true;
	text_str(out, ",\"target\":");
	text_str(out, quoted);
	free(quoted);
}

void file_facts_format(const struct file_facts *f, bool is_device,
		       struct text *out)
{
	text_printf(out,
		    "{\"size\":%" PRIu64 ",\"mode\":\"%04" PRIo32
		    "\",\"uid\":%" PRIu32 ",\"gid\":%" PRIu32,
		    f->size, f->mode & MODE_BITS, f->uid, f->gid);
	add_time(out, "mtime", &f->mtime);
	add_time(out, "ctime", &f->ctime);
	text_printf(out, ",\"inode\":\"%" PRIu64 "\"", f->inode);
	if (is_device)
		text_printf(out, ",\"device\":[%" PRIu32 ",%" PRIu32 "]",
			    f->major, f->minor);
	if (f->target != NULL)
		add_target(out, f->target);
	if (f->is_changed)
		text_str(out, ",\"changed\":true");
	if (f->is_unreadable)
		text_str(out, ",\"unreadable\":true");
	if (f->has_attributes)
		text_str(out, ",\"attributes\":true");
	if (f->is_incomplete)
		text_str(out, ",\"attributes_left_out\":true");
	if (f->is_amended)
		text_str(out, ",\"amended\":true");
	if (f->file_system != NULL)
		text_printf(out, ",\"file_system\":\"%s\"", f->file_system);
	text_char(out, '}');
}

/* --- the way back */

static bool damaged(struct err *e, const char *key)
{
	return err_set(e, ERR_DAMAGED, "damaged_backup",
		       "the index: the \"facts\" of a file have no proper "
		       "\"%s\"",
		       key);
}

static bool read_number(const json_t *value, uint64_t max, uint64_t *out)
{
	if (!json_is_integer(value) || json_integer_value(value) < 0 ||
	    (uint64_t)json_integer_value(value) > max)
		return false;
	*out = (uint64_t)json_integer_value(value);
	return true;
}

static bool read_u32(const json_t *value, uint32_t *out)
{
	uint64_t n;

	if (!read_number(value, UINT32_MAX, &n))
		return false;
	*out = (uint32_t)n;
	return true;
}

static bool read_time(const json_t *doc, const char *key, struct file_time *out,
		      struct err *e)
{
	const json_t *pair = json_object_get(doc, key);
	const json_t *seconds = json_array_get(pair, 0);

	if (json_array_size(pair) != 2 || !json_is_integer(seconds) ||
	    !read_u32(json_array_get(pair, 1), &out->nanoseconds) ||
	    out->nanoseconds >= NANOSECONDS)
		return damaged(e, key);
	out->seconds = json_integer_value(seconds);
	return true;
}

/* Inodes of some file systems have all 64 bits, more than a number of JSON's
 * is read with: so they are texts. */
static bool read_inode(const json_t *doc, uint64_t *inode, struct err *e)
{
	const char *digits = json_string_value(json_object_get(doc, "inode"));
	unsigned long long n;

	if (digits == NULL || !str_to_u64(digits, &n))
		return damaged(e, "inode");
	*inode = n;
	return true;
}

static bool read_mode(const json_t *doc, uint32_t *mode, struct err *e)
{
	const char *digits = json_string_value(json_object_get(doc, "mode"));

	if (digits == NULL || strlen(digits) != 4 ||
	    strspn(digits, "01234567") != 4)
		return damaged(e, "mode");
	*mode = (uint32_t)strtoul(digits, NULL, 8);
	return true;
}

static bool copy_target(const json_t *value, struct file_facts *f,
			struct err *e)
{
	const char *text = json_string_value(value);

	if (text == NULL || strlen(text) != json_string_length(value))
		return damaged(e, "target");
	f->target = strdup(text);
	return f->target != NULL || err_nomem(e, "a file's facts");
}

static bool decode_target(const json_t *value, struct file_facts *f,
			  struct err *e)
{
	const char *text = json_string_value(value);
	size_t len;

	if (text == NULL)
		return damaged(e, "target_base64");
	f->target = calloc(1, strlen(text) + 1);
	if (f->target == NULL)
		return err_nomem(e, "a file's facts");
	return (base64_decode(text, f->target, &len) &&
		strlen(f->target) == len) ||
	       damaged(e, "target_base64");
}

static bool read_target(const json_t *doc, struct file_facts *f, struct err *e)
{
	const json_t *text = json_object_get(doc, "target");
	const json_t *coded = json_object_get(doc, "target_base64");

	if (text != NULL)
		return copy_target(text, f, e);
	return coded == NULL || decode_target(coded, f, e);
}

static bool read_device(const json_t *doc, struct file_facts *f, struct err *e)
{
	const json_t *pair = json_object_get(doc, "device");

	return pair == NULL ||
	       (json_array_size(pair) == 2 &&
		read_u32(json_array_get(pair, 0), &f->major) &&
		read_u32(json_array_get(pair, 1), &f->minor)) ||
	       damaged(e, "device");
}

static bool read_numbers(const json_t *doc, struct file_facts *f, struct err *e)
{
	if (!read_number(json_object_get(doc, "size"), INT64_MAX, &f->size))
		return damaged(e, "size");
	if (!read_u32(json_object_get(doc, "uid"), &f->uid))
		return damaged(e, "uid");
	if (!read_u32(json_object_get(doc, "gid"), &f->gid))
		return damaged(e, "gid");
	return read_inode(doc, &f->inode, e);
}

static bool read_file_system(const json_t *doc, struct file_facts *f,
			     struct err *e)
{
	const char *text =
		json_string_value(json_object_get(doc, "file_system"));

	f->file_system = text != NULL ? strdup(text) : NULL;
	return text == NULL || f->file_system != NULL ||
	       err_nomem(e, "a file's facts");
}

static bool read_all(const json_t *doc, struct file_facts *f, struct err *e)
{
	f->is_changed = json_is_true(json_object_get(doc, "changed"));
	f->is_unreadable = json_is_true(json_object_get(doc, "unreadable"));
	f->has_attributes = json_is_true(json_object_get(doc, "attributes"));
	f->is_incomplete =
		json_is_true(json_object_get(doc, "attributes_left_out"));
	f->is_amended = json_is_true(json_object_get(doc, "amended"));
	return read_numbers(doc, f, e) && read_mode(doc, &f->mode, e) &&
	       read_time(doc, "mtime", &f->mtime, e) &&
	       read_time(doc, "ctime", &f->ctime, e) &&
	       read_device(doc, f, e) && read_target(doc, f, e) &&
	       read_file_system(doc, f, e);
}

/* --- in file_facts_format()'s own spelling, as most are */

static bool scan_u32(struct scan *s, uint32_t *out)
{
	uint64_t n;

	if (!scan_number(s, &n) || n > UINT32_MAX)
		return false;
	*out = (uint32_t)n;
	return true;
}

static bool scan_time(struct scan *s, struct file_time *out)
{
	return scan_signed(s, &out->seconds) && scan_word(s, ",") &&
	       scan_u32(s, &out->nanoseconds) &&
	       out->nanoseconds < NANOSECONDS && scan_word(s, "]");
}

static bool scan_mode(struct scan *s, uint32_t *out)
{
	const char *digits;
	size_t len;

	if (!scan_string(s, &digits, &len) || len != 4 ||
	    strspn(digits, "01234567") != 4)
		return false;
	*out = (uint32_t)strtoul(digits, NULL, 8);
	return true;
}

static bool scan_numbers(struct scan *s, struct file_facts *f)
{
	return scan_word(s, "{\"size\":") && scan_number(s, &f->size) &&
	       scan_word(s, ",\"mode\":") && scan_mode(s, &f->mode) &&
	       scan_word(s, ",\"uid\":") && scan_u32(s, &f->uid) &&
	       scan_word(s, ",\"gid\":") && scan_u32(s, &f->gid) &&
	       scan_word(s, ",\"mtime\":[") && scan_time(s, &f->mtime) &&
	       scan_word(s, ",\"ctime\":[") && scan_time(s, &f->ctime) &&
	       scan_word(s, ",\"inode\":\"") && scan_number(s, &f->inode) &&
	       scan_word(s, "\"");
}

/* False: another spelling, or more than most have; or no memory. */
static bool scan_facts(struct file_facts *f, const char *json)
{
	struct scan s = {json, json + strlen(json)};
	struct file_facts got = {0};
	const char *target = NULL;
	size_t len = 0;

	if (!scan_numbers(&s, &got) ||
	    (scan_word(&s, ",\"target\":") &&
	     !scan_string(&s, &target, &len)) ||
	    !scan_word(&s, "}") || s.at != s.end)
		return false;
	if (target != NULL)
		got.target = str_of(target, len);
	if (target != NULL && got.target == NULL)
		return false;
	*f = got;
	return true;
}

static bool load_facts(struct file_facts *f, const char *json, struct err *e)
{
	json_t *doc = json != NULL ? json_loads(json, 0, NULL) : NULL;
	struct file_facts got = {0};
	bool ok = json_is_object(doc) ? read_all(doc, &got, e)
				      : damaged(e, "facts");

	json_decref(doc);
	if (ok)
		*f = got;
	else
		file_facts_fini(&got);
	return ok;
}

bool file_facts_parse(struct file_facts *f, const char *json, struct err *e)
{
	return (json != NULL && scan_facts(f, json)) || load_facts(f, json, e);
}

void file_facts_fini(struct file_facts *f)
{
	free(f->target);
	free(f->file_system);
	memset(f, 0, sizeof(*f));
}
