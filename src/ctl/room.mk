# The program cofferctl, alone: all of it but main.c is a library for its tests.
noinst_LIBRARIES += libctl.a
libctl_a_SOURCES = \
	src/ctl/acts.c src/ctl/acts.h \
	src/ctl/api.c \
	src/ctl/audit.c \
	src/ctl/chain.c src/ctl/chain.h \
	src/ctl/check.c \
	src/ctl/client.c src/ctl/client.h src/ctl/client_int.h \
	src/ctl/client_exchange.c \
	src/ctl/command.h src/ctl/commands.c \
	src/ctl/declared/apply.c src/ctl/declared/apply.h \
	src/ctl/declared/commands.c \
	src/ctl/declared/file.c src/ctl/declared/file.h \
	src/ctl/declared/kinds.c src/ctl/declared/kinds.h \
	src/ctl/help.c src/ctl/help.h \
	src/ctl/interrupt.c src/ctl/interrupt.h \
	src/ctl/lists.c \
	src/ctl/logs.c src/ctl/logs.h \
	src/ctl/members.c src/ctl/members.h \
	src/ctl/options.c src/ctl/options.h \
	src/ctl/path.c src/ctl/path.h \
	src/ctl/progress.c src/ctl/progress.h \
	src/ctl/read_json.c src/ctl/read_json.h \
	src/ctl/restore.c \
	src/ctl/say.c src/ctl/session.c src/ctl/session.h \
	src/ctl/status.c \
	src/ctl/table.c src/ctl/table.h \
	src/ctl/timers.c src/ctl/token.c \
	src/ctl/verdict.c src/ctl/verdict.h \
	src/ctl/waiting.c src/ctl/waiting.h \
	src/ctl/words.c src/ctl/words.h \
	src/ctl/pool/backups.c src/ctl/pool/backups.h \
	src/ctl/pool/cat.c src/ctl/pool/ls.c \
	src/ctl/pool/output.c src/ctl/pool/output.h \
	src/ctl/pool/place.c src/ctl/pool/place.h \
	src/ctl/pool/reach.c src/ctl/pool/reach.h \
	src/ctl/pool/stream.c src/ctl/pool/stream.h \
	src/ctl/pool/stream_int.h src/ctl/pool/stream_items.c \
	src/ctl/pool/wanted.c src/ctl/pool/wanted.h
