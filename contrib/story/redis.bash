# shellcheck shell=bash
# shellcheck disable=SC2154 # what contrib/demo has set
# The part of contrib/demo with Redis.

REDIS_KEYS=1008

start_redis() {
	# By default it lets some seconds pass, in case more replicas come.
	launch redis "$here/testbed/redis" run "$work/redis" \
		--set repl-diskless-sync-delay=0
	await_file redis "$work/redis/env" "$launched"
	set -a
	# shellcheck disable=SC1091
	. "$work/redis/env"
	set +a
	good "Redis on 127.0.0.1:$REDIS_PORT"
}

# Runs the commands of its input, or its arguments.
redis() {
	REDISCLI_AUTH=$REDIS_PASSWORD redis-cli -s "$REDIS_SOCKET" -e "$@"
}

# Every type there is. The sessions end in the year 2100: none is gone before
# it is compared.
redis_commands() {
	local i
	for i in {100..599}; do
		printf '%s\n' \
			"SET session:$i \"\\x00\\xff of $i\" PXAT 4102444800$i" \
			"HSET cart:$i customer $i sku-$((i % 90)) $((i % 7))" \
			"ZADD bestsellers $((i * 37 % 101)).5 sku-$i" \
			"SADD newsletter customer-$i" \
			"RPUSH mails \"to customer $i\"" \
			"XADD orders $i-1 customer $i total $((i * 3)).90"
	done
	cat <<-'END'
		SADD sizes 36 38 40 42
		PFADD visitors anna bert carla
		XGROUP CREATE orders packers 0
		XREADGROUP GROUP packers anna COUNT 3 STREAMS orders >
		XACK orders packers 100-1
		FUNCTION LOAD "#!lua name=shop\nredis.register_function('vat', function(k, a) return a[1] * 19 / 100 end)"
		SELECT 3
		SET greeting hello
		LPUSH queue 1 2 three
	END
}

# A line for each key: its database and name, type, expiry, and the server's
# own digest of the value, which is the same in whatever order a set lies.
redis_keys() {
	local database
	for database in 0 3; do
		redis -n "$database" --scan | sort |
			sed 's/.*/ECHO &\nTYPE &\nPEXPIRETIME &\nDEBUG DIGEST-VALUE &/' |
			redis -n "$database" | paste -d ' ' - - - - |
			sed "s/^/$database /"
	done
}

# redis_fingerprint FILE: everything that a restore must bring back.
redis_fingerprint() {
	{
		redis_keys
		printf '%s\n' 'XINFO GROUPS orders' \
			'XPENDING orders packers' \
			'FUNCTION LIST WITHCODE' | redis
	} >"$1"
}

fill_redis() {
	redis_commands | redis >"$work/filled"
	redis_keys | cut -d ' ' -f 3 | sort | uniq -c | indent
	[[ $(redis_keys | wc -l) == "$REDIS_KEYS" ]] ||
		fail "Redis did not take all commands: $(grep ERR "$work/filled")"
}

back_up_redis() {
	show 201 POST /v1/sources "$(jq -n '{
		name: "sessions", engine: "redis",
		connection: {host: env.REDIS_HOST,
			port: (env.REDIS_PORT | tonumber),
			user: env.REDIS_USER, password: env.REDIS_PASSWORD}}')" \
		'{id, name, engine, status, version}'
	show 202 POST /v1/backups "$(jq -n '{source: "sessions", pool: "bucket",
		method: "logical", name: "sessions-1"}')" \
		'{id, name, type, trigger, method, status, job_id}'
	watch_job "$(field .job_id)"
	show 200 GET /v1/backups/sessions-1 '' '{name, status, key_count,
		databases: [.counts.by_database[] | {database, keys, expiring,
			types}], functions: .counts.functions,
		source_bytes, stored_bytes, save_path,
		consistency: (.consistency | {state, replication_id})}'
}

restore_redis() {
	step "The accident: FLUSHALL"
	printf '%s\n' FLUSHALL 'FUNCTION FLUSH' | redis >"$work/flushed"
	[[ -z $(redis_keys) ]] || fail "Redis is not empty"
	say "keys left: none"
	step "Restoring into the same Redis server"
	show 202 POST /v1/restores "$(jq -n '{
		backup: "sessions-1", target: {source: "sessions"}}')" \
		'{id, backup, target: .target_source.name, status, job_id}'
	watch_job "$(field .job_id)"
	step "Comparing key by key with what was there before"
	redis_fingerprint "$work/keys.after"
	diff "$work/keys.before" "$work/keys.after" >&2 ||
		fail "the restored keys differ"
	good "equal: $REDIS_KEYS keys with type, expiry, and DEBUG" \
		"DIGEST-VALUE; the stream's groups; the functions"
}

redis_too() {
	step "Redis too: starting a private server, and filling it"
	start_redis
	fill_redis
	redis_fingerprint "$work/keys.before"
	step "A Redis source, and a backup into the same bucket"
	back_up_redis
	restore_redis
}
