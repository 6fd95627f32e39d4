/*
 * manifest.h - the document, written last, that makes a backup complete and
 * names every object in it; and the key pair that signs it.
 */
#ifndef COFFER_MANIFEST_MANIFEST_H
#define COFFER_MANIFEST_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/age.h"
#include "base/err.h"
#include "base/id.h"
#include "base/sha256.h"
#include "pipeline/frame.h"

enum { MANIFEST_MAX_BYTES = 1024 * 1024, SIGNER_SEED_LEN = 32 };

#define MANIFEST_FORMAT "coffer-backup" /* its member "format" */

/* A stored object: a part, or a piece of the index or of the part list. */
struct manifest_object {
	char *key; /* relative to the backup: "data/00000001.sql.zst"; of a part
		    * that others may share "../packs/BAK-00000001.tar.zst" */
	uint32_t number; /* in the key; manifest_add() reads it */
	uint64_t stored_bytes;
	uint64_t plain_bytes;
	char sha256[SHA256_HEX_MAX];
	char *first_item; /* index objects: see index_piece_cb; else NULL */
	bool is_open;	  /* parts: ends within a statement, which the next
			   * one goes on with ("open":true in the document) */
};

struct manifest_objects {
	struct manifest_object *list;
	size_t n, cap;
};

/*
 * Parts from first_part (a number, from 1; there may be none of that number)
 * on hold items of this kind and no other, up to the next section: a part never
 * holds two kinds. In the
 * document "sections":[{"kind":"schema","first_part":1},...]; empty in those
 * of early versions, whose parts can only be read in order, by one reader.
 */
struct manifest_section {
	enum item_kind kind;
	uint32_t first_part;
};

/* Strings belong to the manifest. *_json hold a JSON value as text. */
struct manifest {
	char backup_id[ID_MAX], source_id[ID_MAX], server_id[ID_MAX];
	char *name, *description;
	char *source_name, *engine, *version;
	char *method;		/* "logical" */
	char *type;		/* "manual" "automated" */
	char *region;		/* may be empty */
	char *plan_json;	/* object or null */
	char *scope_json;	/* as asked for, or null */
	char *consistency_json; /* object or null */
	char *session_json;	/* object or null */
	char *counts_json;	/* object: tables, rows, views, ... */
	char *physical_json; /* of files: object, see dump_facts; else NULL */
	char *names_digest;  /* of files: of the tables' names (32 hexadecimal
			      * digits); NULL: not known, or no files */
	char *warnings_json; /* array */
	char *compression;   /* "zstd" */
	struct age_recipients recipients; /* n == 0: not encrypted */
	char *hidden_json; /* of an encrypted one that is written: see below */
	int64_t started_at, finished_at; /* ms; whole seconds are kept */
	uint64_t plain_bytes, stored_bytes, part_count; /* of the parts */
	uint64_t longest_statement;			/* 0: not known */
	struct manifest_objects parts; /* all, wherever they are listed; by
					* number, with gaps if some are those
					* of earlier backups */
	struct manifest_objects index;
	struct manifest_objects part_lists; /* objects that list the parts */
	struct manifest_objects meta;	    /* what is hidden; one, or none */
	struct manifest_section sections[ITEM_KIND_COUNT];
	unsigned nsections;

	/* found by manifest_parse(); manifest_format() does not look at them */
	char digest[SHA256_HEX_MAX];
	char public_key[SHA256_HEX_MAX]; /* of the server that signed it */
	bool is_mine;			 /* signed by the signer given */

	/* found by exchange_fetch(): scope and warnings are in meta, and there
	 * was no identity to read them with */
	bool is_hidden;
};

/*
 * An encrypted backup's manifest names no database, table or file: its scope
 * is null, its warnings are without details, and what these were is in a sealed
 * object that "meta" names: {"scope":...,"warnings":[...]}, hidden_json. Its
 * parts, index and meta are age files (base/age.h), their names end in ".age";
 * stored_bytes and sha256 are those of the files, places in the index those in
 * what the files hold.
 */

/* Frees what it holds and zeroes it. */
void manifest_fini(struct manifest *m);

/* Appends a copy; false: no memory. */
bool manifest_add(struct manifest_objects *to, const struct manifest_object *o,
		  struct err *e) MUST_CHECK;

struct signer; /* an Ed25519 key pair of this server */

/* From a seed of SIGNER_SEED_LEN random bytes. NULL with *e filled. */
struct signer *signer_new(const unsigned char seed[SIGNER_SEED_LEN],
			  struct err *e) MUST_CHECK;

/* NULL is fine. */
void signer_free(struct signer *s);

/* The public key in hexadecimal, as manifests carry it. */
const char *signer_public(const struct signer *s);

/*
 * The document: canonical JSON (sorted keys, no white space) with "digest"
 * (SHA-256 of the canonical rest) and "signature". The parts are in it when
 * m->part_lists is empty. Returns a string (caller frees), NULL with *e.
 */
char *manifest_format(const struct manifest *m, const struct signer *s,
		      char digest[SHA256_HEX_MAX], struct err *e) MUST_CHECK;

/*
 * Reads a document, checks format version, bounds, digest and signature (by
 * the public key in it; m->is_mine tells whether that is s's, s may be NULL).
 * A document that is not byte for byte canonical is refused as well.
 * expected_digest, unless NULL, must be its digest. False with *e filled
 * ("damaged_backup"). *m is filled only on success; manifest_fini() ends it.
 */
bool manifest_parse(struct manifest *m, const char *bytes, size_t len,
		    const char *expected_digest, const struct signer *s,
		    struct err *e) MUST_CHECK;

/* The lines of a "parts/" object, at most 5,000 parts. Returns a string
 * (caller frees), NULL with *e. */
char *manifest_parts_format(const struct manifest_object *parts, size_t n,
			    struct err *e) MUST_CHECK;

/* The way back: appends to m->parts. On failure some may have been added. */
bool manifest_parts_parse(struct manifest *m, const char *bytes, size_t len,
			  struct err *e) MUST_CHECK;

#endif
