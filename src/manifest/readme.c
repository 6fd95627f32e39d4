/* readme.c - the text that lies beside the backups in every pool. */
#include "manifest/layout.h"

static const char readme[] =
	"These objects are backups made by Coffer, a backup server.\n"
	"They can be restored without it, with stock tools.\n"
	"\n"
	"What lies here\n"
	"\n"
	"  SOURCE/BACKUP/owner.json      who made it; written first\n"
	"  SOURCE/BACKUP/data/           the parts, in the order of their "
	"names\n"
	"  SOURCE/BACKUP/index/          what lies where in the parts\n"
	"  SOURCE/BACKUP/parts/          the list of parts, if it is long\n"
	"  SOURCE/BACKUP/manifest.json   written last\n"
	"\n"
	"A backup is complete only if it has a manifest.json. The manifest\n"
	"tells the name of the backup, its source, engine and version, and\n"
	"names every object with its size and SHA-256.\n"
	"\n"
	"To restore by hand\n"
	"\n"
	"1. Fetch the backup's folder, for example\n"
	"     aws s3 sync s3://BUCKET/PREFIX/coffer/v1/SOURCE/BACKUP .\n"
	"2. Compare the parts with the manifest (if it has no \"parts\", take\n"
	"   the files in parts/, which hold one JSON object a line):\n"
	"     jq -r '.parts[] | .sha256 + \"  \" + .key' manifest.json |\n"
	"       sha256sum -c\n"
	"3. Unpack all parts in the order of their names:\n"
	"     find data -type f | sort | xargs cat | zstd -dc > backup\n"
	"4. Apply the result. By the ending of the parts' names:\n"
	"     .sql.zst      mariadb < backup        (or: mysql < backup)\n"
	"     .rdb.zst      is a Redis dump.rdb\n"
	"     .mbstream.zst mbstream -x < backup\n"
	"     .tar.zst      tar -x < backup\n"
	"\n"
	"One item (a table, say) alone: this shows the index\n"
	"(zstd -dc index/*), one JSON object a line. \"extents\" are triples\n"
	"[part, offset, length]: cut these bytes out of the parts named by\n"
	"number, put them together, unpack with zstd -dc, leave out the first\n"
	"\"skip\" bytes, and take \"plain_bytes\" of the rest.\n";

const char *layout_readme(void)
{
	return readme;
}
