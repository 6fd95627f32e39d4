/* bytes_int.h - numbers as they lie in files, aligned or not. */
#ifndef COFFER_SOURCES_REDIS_BYTES_INT_H
#define COFFER_SOURCES_REDIS_BYTES_INT_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

/* Little-endian. */
static inline uint16_t get_le16(const unsigned char *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return le16toh(v);
}

static inline uint32_t get_le32(const unsigned char *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return le32toh(v);
}

static inline uint64_t get_le64(const unsigned char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return le64toh(v);
}

/* Three bytes with sign, little-endian. */
static inline int32_t get_le24(const unsigned char *p)
{
	uint32_t v = (uint32_t)p[0] << 8 | (uint32_t)p[1] << 16 |
		     (uint32_t)p[2] << 24;

	return (int32_t)v >> 8;
}

/* Big-endian. */
static inline uint32_t get_be32(const unsigned char *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return be32toh(v);
}

static inline uint64_t get_be64(const unsigned char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return be64toh(v);
}

/* Decimal digits of a number; returns how many. No NUL. */
static inline size_t put_digits(char out[24], int64_t n)
{
	uint64_t v = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
	char back[24];
	size_t len = 0, used = 0;

	do
		back[len++] = (char)('0' + v % 10);
	while ((v /= 10) > 0);
	if (n < 0)
		out[used++] = '-';
	while (len > 0)
		out[used++] = back[--len];
	return used;
}

#endif
