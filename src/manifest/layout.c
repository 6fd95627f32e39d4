/* layout.c - the names of the objects of a pool. */
#include "manifest/layout.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/age.h"

static const char root[] = "coffer/v1/";
static const char beside[] = "../";
static const char packs[] = "../packs/";

enum { DECIMAL = 10 };

char *layout_backup(char out[LAYOUT_KEY_MAX], const char *source_id,
		    const char *backup_id)
{
	(void)snprintf(out, LAYOUT_KEY_MAX, "%s%s/%s/", root, source_id,
		       backup_id);
	return out;
}

char *layout_object(char out[LAYOUT_KEY_MAX], const char *source_id,
		    const char *backup_id, const char *key)
{
	const size_t n = sizeof(beside) - 1;

	if (strncmp(key, beside, n) == 0)
		(void)snprintf(out, LAYOUT_KEY_MAX, "%s%s/%s", root, source_id,
			       key + n);
	else
		(void)snprintf(out, LAYOUT_KEY_MAX, "%s%s/%s/%s", root,
			       source_id, backup_id, key);
	return out;
}

char *layout_owner(char out[LAYOUT_KEY_MAX], const char *source_id,
		   const char *backup_id)
{
	return layout_object(out, source_id, backup_id, "owner.json");
}

char *layout_manifest(char out[LAYOUT_KEY_MAX], const char *source_id,
		      const char *backup_id)
{
	return layout_object(out, source_id, backup_id, "manifest.json");
}

char *layout_server(char out[LAYOUT_KEY_MAX], const char *server_id)
{
	(void)snprintf(out, LAYOUT_KEY_MAX, "%sservers/%s.json", root,
		       server_id);
	return out;
}

char *layout_start(char out[LAYOUT_KEY_MAX], const char *server_id)
{
	(void)snprintf(out, LAYOUT_KEY_MAX, "%sservers/%s.start", root,
		       server_id);
	return out;
}

char *layout_servers(char out[LAYOUT_KEY_MAX])
{
	(void)snprintf(out, LAYOUT_KEY_MAX, "%sservers/", root);
	return out;
}

char *layout_root(char out[LAYOUT_KEY_MAX])
{
	(void)snprintf(out, LAYOUT_KEY_MAX, "%s", root);
	return out;
}

char *layout_readme_key(char out[LAYOUT_KEY_MAX])
{
	(void)snprintf(out, LAYOUT_KEY_MAX, "%sREADME.txt", root);
	return out;
}

char *layout_part(char out[LAYOUT_KEY_MAX], unsigned number, const char *suffix)
{
	(void)snprintf(out, LAYOUT_KEY_MAX, "data/%08u%s", number, suffix);
	return out;
}

char *layout_pack(char out[LAYOUT_KEY_MAX], const char *backup_id,
		  unsigned number, const char *suffix)
{
	(void)snprintf(out, LAYOUT_KEY_MAX, "%s%s-%08u%s", packs, backup_id,
		       number, suffix);
	return out;
}

char *layout_packs(char out[LAYOUT_KEY_MAX], const char *source_id,
		   const char *backup_id)
{
	(void)snprintf(out, LAYOUT_KEY_MAX, "%s%s/packs/%s%s", root, source_id,
		       backup_id, backup_id[0] != '\0' ? "-" : "");
	return out;
}

char *layout_backups(char out[LAYOUT_KEY_MAX], const char *source_id)
{
	(void)snprintf(out, LAYOUT_KEY_MAX, "%s%s/bak_", root, source_id);
	return out;
}

char *layout_index(char out[LAYOUT_KEY_MAX], unsigned number,
		   const char *suffix)
{
	(void)snprintf(out, LAYOUT_KEY_MAX, "index/%08u.jsonl.zst%s", number,
		       suffix);
	return out;
}

char *layout_meta(char out[LAYOUT_KEY_MAX], unsigned number)
{
	(void)snprintf(out, LAYOUT_KEY_MAX, "meta/%08u.json.zst%s", number,
		       AGE_SUFFIX);
	return out;
}

char *layout_parts(char out[LAYOUT_KEY_MAX], unsigned number)
{
	(void)snprintf(out, LAYOUT_KEY_MAX, "parts/%08u.jsonl", number);
	return out;
}

/* Copies the segment at *at up to '/', and steps over it. */
static bool take_segment(const char **at, char out[ID_MAX])
{
	size_t n = strcspn(*at, "/");

	if ((*at)[n] != '/' || n >= ID_MAX)
		return false;
	memcpy(out, *at, n);
	out[n] = '\0';
	*at += n + 1;
	return true;
}

bool layout_parse(const char *key, char source_id[ID_MAX],
		  char backup_id[ID_MAX])
{
	const char *at = key + sizeof(root) - 1;

	if (strncmp(key, root, sizeof(root) - 1) != 0)
		return false;
	return take_segment(&at, source_id) && take_segment(&at, backup_id) &&
	       *at != '\0' && id_has_prefix(source_id, "src") &&
	       id_has_prefix(backup_id, "bak");
}

bool layout_pack_parse(const char *key, char backup_id[ID_MAX])
{
	const char *at = key + sizeof(packs) - 1;
	size_t n;

	if (strncmp(key, packs, sizeof(packs) - 1) != 0)
		return false;
	n = strcspn(at, "-");
	if (at[n] != '-' || n >= ID_MAX)
		return false;
	memcpy(backup_id, at, n);
	backup_id[n] = '\0';
	return id_has_prefix(backup_id, "bak");
}

bool layout_pack_object(const char *key, const char *source_id,
			char backup_id[ID_MAX], unsigned *number)
{
	char front[LAYOUT_KEY_MAX], name[LAYOUT_KEY_MAX];
	size_t n = strlen(layout_packs(front, source_id, ""));

	if (strncmp(key, front, n) != 0 || strlen(key) >= LAYOUT_KEY_MAX)
		return false;
	(void)snprintf(name, sizeof(name), "%s%s", packs, key + n);
	if (!layout_key_is_sound(name, "data/") ||
	    !layout_pack_parse(name, backup_id))
		return false;
	*number = layout_number(name);
	return true;
}

unsigned layout_number(const char *key)
{
	char backup_id[ID_MAX];
	const char *at = strchr(key, '/');

	if (layout_pack_parse(key, backup_id))
		at = strchr(key, '-');
	return at != NULL ? (unsigned)strtoul(at + 1, NULL, DECIMAL) : 0;
}

/* What stands before the number; 0: not what it should be. */
static size_t front_of(const char *key, const char *folder)
{
	size_t n = strlen(folder);
	char backup_id[ID_MAX];

	if (strncmp(key, folder, n) == 0)
		return n;
	return strcmp(folder, "data/") == 0 && layout_pack_parse(key, backup_id)
		       ? sizeof(packs) + strlen(backup_id)
		       : 0;
}

/* FOLDER/12345678SUFFIX, SUFFIX of lower-case letters, digits and single
 * dots: nothing that could point elsewhere. */
bool layout_key_is_sound(const char *key, const char *folder)
{
	size_t n = front_of(key, folder);
	const char *at = key + n;

	if (n == 0 || strlen(key) >= LAYOUT_KEY_MAX / 2)
		return false;
	if (strspn(at, "0123456789") != LAYOUT_DIGITS)
		return false;
	at += LAYOUT_DIGITS;
	if (*at != '.' || strstr(at, "..") != NULL || at[strlen(at) - 1] == '.')
		return false;
	return at[strspn(at, "abcdefghijklmnopqrstuvwxyz0123456789.")] == '\0';
}
