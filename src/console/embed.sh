#!/bin/sh
# Writes files.c: the bytes of the console's files as C arrays, plain and
# gzipped. They are called as a browser asks for them, without src/console/.
# usage: embed.sh SRCDIR src/console/PATH... >files.c
set -eu
top=$1
shift

# An empty file still needs an array; its length is told beside it.
bytes() {
	od -An -v -tu1 | sed 's/[0-9][0-9]*/&,/g'
	echo '0'
}

# What a browser gets: scripts and the style sheet without indentation, scripts
# without lines that are comments, too. Vendored files are as they came.
tab=$(printf '\t')
lean() {
	case $1 in
	*/vendor/*) cat "$1" ;;
	*.js) sed "s/^$tab*//; /^\/\/\( .*\)\{0,1\}\$/d; /^\/\*\* .*\*\/\$/d" "$1" ;;
	*.css) sed "s/^$tab*//" "$1" ;;
	*) cat "$1" ;;
	esac
}

echo '/* Made by embed.sh out of the files that room.mk lists. */'
echo '#include "console/console.h"'
n=0
for path; do
	printf '\nstatic const unsigned char plain_%d[] = {\n' "$n"
	lean "$top/$path" | bytes
	printf '};\nstatic const unsigned char gzip_%d[] = {\n' "$n"
	lean "$top/$path" | gzip -9 -n | bytes
	echo '};'
	n=$((n + 1))
done

printf '\nstatic const struct console_file files[] = {\n'
n=0
for path; do
	digest=$(lean "$top/$path" | sha256sum)
	printf '\t{"%s",\n\t "%s",\n' "${path#src/console/}" "${digest%% *}"
	printf '\t plain_%d, sizeof(plain_%d) - 1,\n' "$n" "$n"
	printf '\t gzip_%d, sizeof(gzip_%d) - 1},\n' "$n" "$n"
	n=$((n + 1))
done
cat <<'C'
};

const struct console_file *console_files(size_t *n)
{
	*n = sizeof(files) / sizeof(files[0]);
	return files;
}
C
