/* manifest_int.h - what the files of this room share about the manifest. */
#ifndef COFFER_MANIFEST_MANIFEST_INT_H
#define COFFER_MANIFEST_MANIFEST_INT_H

#include <jansson.h>

#include "base/err.h"
#include "base/text.h"
#include "manifest/manifest.h"

enum {
	MANIFEST_MAJOR = 1,
	MANIFEST_MINOR = 0,
	MANIFEST_STRING_MAX = 4096,		   /* bytes of any text in it */
	MANIFEST_INDEX_MAX = 4096,		   /* index objects */
	MANIFEST_LISTS_MAX = 4096,		   /* part lists */
	MANIFEST_META_MAX_BYTES = 8 * 1024 * 1024, /* of what is hidden */
	MANIFEST_LIST_BYTES = 8 * 1024 * 1024,	   /* of one part list */
	MANIFEST_INLINE_BYTES = 128 * 1024, /* parts beyond: in lists; 10 ms
					     * of the loop at 384 KiB */
	MANIFEST_LIST_PARTS = 5000,	    /* parts in one list */
	INDEX_OBJECT_MAX_BYTES = 64 * 1024 * 1024, /* unpacked */
	SIGNATURE_HEX_MAX = 129,
};

#define MANIFEST_ENCRYPTION "age-v1" /* encryption's member "format" */

/* "damaged_backup" with ERR_DAMAGED. Returns false. */
bool manifest_damaged(struct err *e, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Reads a JSON object; NULL with *e filled: no memory, or "WHAT is no JSON
 * object". json_decref() ends it. */
json_t *manifest_load(const char *bytes, size_t len, const char *what,
		      struct err *e) MUST_CHECK;

/* Sorted keys, no white space. Returns a string, caller frees; NULL: no
 * memory. */
char *manifest_canonical(const json_t *doc) MUST_CHECK;

/* Adds "digest" and "signature" over what is there, by the key whose public
 * half is in doc as "public_key". */
bool manifest_seal(json_t *doc, const struct signer *s,
		   char digest[SHA256_HEX_MAX], struct err *e) MUST_CHECK;

/* Checks both and removes them from doc; the digest is given out. False with
 * *e filled: "damaged_backup". */
bool manifest_check_seal(json_t *doc, char digest[SHA256_HEX_MAX],
			 struct err *e) MUST_CHECK;

/* The string at key, of at most max bytes, borrowed from doc; NULL with *e. */
const char *manifest_get_text(const json_t *doc, const char *key, size_t max,
			      struct err *e) MUST_CHECK;

/* A copy of the string at key in *out, caller frees. */
bool manifest_copy_text(const json_t *doc, const char *key, char **out,
			struct err *e) MUST_CHECK;

/* An integer of 0 or more. */
bool manifest_get_number(const json_t *doc, const char *key, uint64_t *out,
			 struct err *e) MUST_CHECK;

/* An id with that prefix; prefix NULL: any short string. */
bool manifest_get_id(const json_t *doc, const char *key, const char *prefix,
		     char out[ID_MAX], struct err *e) MUST_CHECK;

/* RFC 3339 as milliseconds. */
bool manifest_get_time(const json_t *doc, const char *key, int64_t *out,
		       struct err *e) MUST_CHECK;

enum { MAY_BE_NULL = 1, MAY_BE_OBJECT = 2, MAY_BE_ARRAY = 4, MAY_BE_ANY = 7 };

/* The value at key, if it is one of those, as text; caller frees. */
bool manifest_copy_json(const json_t *doc, const char *key, unsigned may_be,
			char **out, struct err *e) MUST_CHECK;

/* The members of an object entry; false with *e filled. o's strings are
 * borrowed from doc. */
bool manifest_object_read(const json_t *doc, const char *folder,
			  struct manifest_object *o, struct err *e) MUST_CHECK;

/* Keys rise strictly, so that no part is listed twice or out of order, and
 * their count and sums are what the manifest says. */
bool manifest_check_parts(const struct manifest *m, struct err *e) MUST_CHECK;

/* Takes the list of objects over into *to, which is empty. */
void manifest_objects_move(struct manifest_objects *to,
			   struct manifest_objects *from);

/* True when the key's ending says that the object is an age file. */
bool manifest_key_is_sealed(const char *key) MUST_CHECK;

/* Encrypted, and nobody has what opens it: "identity_missing". Returns
 * false. */
bool manifest_identity_missing(struct err *e);

/* Names and sizes of the objects are those of age files, or, where the
 * manifest is of a plain backup, none of them is. */
bool manifest_check_sealed(const struct manifest *m,
			   const struct manifest_objects *os,
			   struct err *e) MUST_CHECK;

/* On a worker. Opens an object of len stored bytes in its place (ids NULL: it
 * is not encrypted) and unpacks it: plain_bytes of text with a NUL behind,
 * caller frees. NULL with *e filled: "damaged_backup", "identity_missing". */
char *manifest_open_object(const struct age_identities *ids,
			   unsigned char *bytes, size_t len,
			   uint64_t plain_bytes, struct err *e) MUST_CHECK;

/* What a meta object holds takes its place in m. */
bool manifest_reveal(struct manifest *m, const char *text, size_t len,
		     struct err *e) MUST_CHECK;

/* Frees the entries and zeroes the list. */
void manifest_objects_fini(struct manifest_objects *os);

/* About how many bytes the entries of a list take in the document. */
size_t manifest_objects_weight(const struct manifest_objects *os);

/* Hexadecimal Ed25519 signature (RFC 8032) of the bytes. */
bool signer_sign(const struct signer *s, const void *bytes, size_t len,
		 char signature[SIGNATURE_HEX_MAX], struct err *e) MUST_CHECK;

/* False with *e filled when signature is not that of the bytes by the owner of
 * public_hex. */
bool signature_check(const char *public_hex, const char *signature,
		     const void *bytes, size_t len, struct err *e) MUST_CHECK;

#endif
