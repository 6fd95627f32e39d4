/*
 * fuzz_config.c - configuration files: what is refused is refused with a
 * sentence, and what is taken has every value within its bounds.
 *
 * make check runs it over tests/data/config (run_files.c); tests/faults/fuzz
 * fuzzes.
 */
#include "config.h" /* for memfd_create() */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void load(const char *path)
{
	char program[] = "cofferd", flag[] = "--config", file[64];
	char *argv[] = {program, flag, file, NULL};
	struct config c = {0};
	struct err e = {0};
	enum config_action action;

	(void)snprintf(file, sizeof(file), "%s", path);
	if (config_load(&c, 3, argv, &action, &e)) {
		if (c.data_dir == NULL || c.socket == NULL ||
		    c.spool_dir == NULL || c.max_jobs == 0)
			abort();
	} else if (e.msg[0] == '\0') {
		abort();
	}
	config_fini(&c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	int fd = memfd_create("config", MFD_CLOEXEC);
	char path[64];

	if (fd < 0 || write(fd, data, len) != (ssize_t)len)
		abort();
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	load(path);
	(void)close(fd);
	return 0;
}
