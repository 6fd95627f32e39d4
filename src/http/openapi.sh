#!/bin/sh
# Writes openapi.c: the bytes of openapi.json as a C array.
# usage: openapi.sh openapi.json >openapi.c
set -eu
echo '/* Made by openapi.sh out of openapi.json. */'
echo '#include "http/openapi.h"'
echo
echo 'static const unsigned char document[] = {'
od -An -v -tu1 "$1" | sed 's/[0-9][0-9]*/&,/g'
cat <<'C'
};

const char *openapi_document(size_t *len)
{
	*len = sizeof(document);
	return (const char *)document;
}
C
