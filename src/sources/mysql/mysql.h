/* mysql.h - the engine "mysql": MariaDB 10 and 11, MySQL 8 and 9. */
#ifndef COFFER_SOURCES_MYSQL_MYSQL_H
#define COFFER_SOURCES_MYSQL_MYSQL_H

#include "sources/kinds.h"

/* The engine's entry in the table of kinds. */
const struct source_kind *mysql_kind(void);

/* source_kind.probe */
struct source_op *my_probe(const struct source_env *env,
			   const struct source_address *a,
			   source_probe_cb *done, void *arg,
			   struct err *e) MUST_CHECK;

/* source_kind.names */
struct source_op *my_names(const struct source_env *env,
			   const struct source_address *a,
			   const struct source_names_query *q,
			   source_names_cb *done, void *arg,
			   struct err *e) MUST_CHECK;

/* source_kind.prove */
struct source_op *my_prove(const struct source_env *env,
			   const struct source_address *a,
			   const struct source_proof *proof,
			   source_prove_cb *done, void *arg,
			   struct err *e) MUST_CHECK;

/* source_kind.objects */
struct source_op *my_inventory(const struct source_env *env,
			       const struct source_address *a,
			       source_object_cb *each, source_objects_cb *done,
			       void *arg, struct err *e) MUST_CHECK;

/* source_kind.dump_new, of DUMP_LOGICAL */
struct dump *my_dump_new(const struct source_env *env,
			 const struct dump_config *c, struct err *e) MUST_CHECK;

/* Of DUMP_PHYSICAL: the files, as mariadb-backup copies them. A scope of
 * patterns is refused, and names that it cannot be told ("invalid_scope"). */
struct dump *my_physical_new(const struct source_env *env,
			     const struct dump_config *c,
			     struct err *e) MUST_CHECK;

/* Of DUMP_PHYSICAL where the server is MySQL: its files, as CLONE copies them.
 * Whatever of c does not suit it fails the first phase. */
struct dump *my_clone_new(const struct source_env *env,
			  const struct dump_config *c,
			  struct err *e) MUST_CHECK;

/* source_kind.dump_new of method snapshot: only of a whole instance, and where
 * there is a helper. */
struct dump *my_snap_new(const struct source_env *env,
			 const struct dump_config *c, struct err *e) MUST_CHECK;

/* source_kind.load_new */
struct load *my_load_new(const struct source_env *env,
			 const struct load_config *c, struct err *e) MUST_CHECK;

#endif
