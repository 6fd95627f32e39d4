/* config_int.h - the table of settings. */
#ifndef COFFER_CONFIG_CONFIG_INT_H
#define COFFER_CONFIG_CONFIG_INT_H

#include <stddef.h>

#include "config/config.h"

enum setting_type { SETTING_TEXT, SETTING_NUMBER };

struct setting {
	const char *key; /* in the file */
	enum setting_type type;
	size_t offset;		  /* in struct config */
	const char *built_in;	  /* or NULL */
	uint64_t min, max;	  /* of a number */
	const char *const *words; /* what a text may be; NULL: anything */
	bool (*is_right)(const char *value); /* or NULL */
	const char *argument;		     /* for the help */
	const char *help;
};

/* All settings; ends with a NULL key. */
const struct setting *config_settings(void);

/* The one with that key, or NULL. */
const struct setting *config_setting(const char *key);

/* Where it lies. */
char **setting_text(const struct setting *s, struct config *c);
uint64_t *setting_number(const struct setting *s, struct config *c);

/* Checks and stores a value; where is for the error's text. */
bool setting_set(const struct setting *s, struct config *c, const char *value,
		 const char *where, struct err *e) MUST_CHECK;

#endif
