noinst_LIBRARIES += libconfig.a
libconfig_a_SOURCES = src/config/config.c src/config/table.c \
	src/config/config_int.h include/config/config.h
