# What the scripts of contrib and tests/bench share: starting processes,
# ending exactly those, free ports, and a clean environment.
#
# A process is remembered as "PID START", START being its start time in clock
# ticks since boot: a number that was given to another process in the
# meantime is seen and left alone.

# Where there is no standard input at all, the next file opened would be it.
[[ -e /proc/self/fd/0 ]] || exec </dev/null

die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# Proxies and certificate bundles of the caller would send requests to
# loopback servers astray; COFFER_ and AWS_ variables would change settings.
clean_environment() {
	local name
	for name in $(compgen -e); do
		case $name in
		COFFER_* | AWS_* | MYSQL_* | MARIADB_* | REDIS_* | CEPH_* | \
			*_[pP][rR][oO][xX][yY] | \
			*_CA_BUNDLE | SSL_CERT_FILE | SSL_CERT_DIR)
			unset "$name"
			;;
		esac
	done
	export LC_ALL=C.UTF-8
	# MariaDB's and Ceph's servers live where ordinary users do not look.
	export PATH=$PATH:/usr/sbin:/sbin
}

# Prints the start time of a process; fails when it is gone or a zombie.
start_time() {
	local stat
	{ stat=$(<"/proc/$1/stat"); } 2>/dev/null || return 1
	# The second field, the name in parentheses, may hold spaces.
	read -r -a stat <<<"${stat##*) }"
	[[ ${stat[0]} != Z && ${stat[0]} != X ]] || return 1
	printf '%s\n' "${stat[19]}"
}

# same_process PID START: is it still the process that was remembered? One that
# is gone is not, also if nothing is known of it.
same_process() {
	local start
	start=$(start_time "$1") && [[ $start == "$2" ]]
}

# remember PID FILE: adds a process to a list for stop_all.
remember() {
	local start
	start=$(start_time "$1") || return 1
	printf '%s %s\n' "$1" "$start" >>"$2"
}

# stop_process PID START [SECONDS]: TERM, and KILL when that did not help.
stop_process() {
	local pid=$1 start=$2 deadline=$((SECONDS + ${3:-20}))
	same_process "$pid" "$start" || return 0
	kill -TERM "$pid" 2>/dev/null || true
	# A stopped process takes its TERM only when it goes on.
	kill -CONT "$pid" 2>/dev/null || true
	while same_process "$pid" "$start"; do
		if ((SECONDS >= deadline)); then
			kill -KILL "$pid" 2>/dev/null || true
		fi
		sleep 0.05
	done
}

# stop_all FILE [SECONDS]: ends the processes of a list, last started first.
stop_all() {
	local file=$1 pid start
	[[ -f $file ]] || return 0
	while read -r pid start; do
		stop_process "$pid" "$start" "${2:-20}"
	done < <(tac "$file")
	rm -f "$file"
}

# all_alive FILE: do all processes of a list still run?
all_alive() {
	local pid start
	while read -r pid start; do
		same_process "$pid" "$start" || return 1
	done <"$1"
}

# Prints the local TCP ports that are in use, whatever their state.
used_ports() {
	local hex
	# Read at once: line by line the shell takes minutes for thousands.
	while read -r hex; do
		printf '%d\n' "0x$hex"
	done < <(awk '$2 ~ /:/ { sub(/.*:/, "", $2); print $2 }' \
		/proc/net/tcp /proc/net/tcp6 2>/dev/null | sort -u)
}

# free_ports COUNT: prints the first of COUNT free ports in a row, at most
# 20, below the range that the kernel hands out by itself. Nothing reserves
# them: who takes one must be ready to find it taken, and try again.
free_ports() {
	local count=$1 base port taken try
	local -A used=()
	for port in $(used_ports); do
		used[$port]=1
	done
	for ((try = 0; try < 500; try++)); do
		base=$((12000 + SRANDOM % 1000 * 20))
		taken=false
		for ((port = base; port < base + count; port++)); do
			[[ -z ${used[$port]:-} ]] || taken=true
		done
		if ! "$taken"; then
			printf '%s\n' "$base"
			return
		fi
	done
	die "no free port was found"
}

# listens PID PORT: does this very process listen on that port? An answer
# from the port alone may come from a stranger who was quicker.
listens() {
	local hex inodes
	printf -v hex '%04X' "$2"
	# One process for each file: of connections there may be thousands.
	inodes=$(awk -v port=":$hex\$" '$4 == "0A" && $2 ~ port {
		print "socket:[" $10 "]" }' /proc/net/tcp /proc/net/tcp6 \
		2>/dev/null) || true
	[[ -n $inodes ]] || return 1
	find "/proc/$1/fd" -mindepth 1 -printf '%l\n' 2>/dev/null |
		grep -qxF -- "$inodes"
}

# random_text COUNT: prints a random string of letters and digits.
random_text() {
	local letters=abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ
	local all=${letters}0123456789 text='' i
	for ((i = 0; i < $1; i++)); do
		text+=${all:SRANDOM % ${#all}:1}
	done
	printf '%s\n' "$text"
}

# A child of `run`, which the handler of `on_exit` ends.
running_child=

# run COMMAND...: in the foreground, but such that a signal is served at
# once and reaches everything that the command has started: bash holds its
# traps back while it waits for a command in the foreground. The command has
# a session of its own.
run() {
	local status=0
	# Without this redirection bash gives it no input.
	setsid -- "$@" <&0 &
	running_child=$!
	wait "$running_child" || status=$?
	running_child=
	return "$status"
}

# on_exit FUNCTION: runs it exactly once when the script ends, however it
# ends, with no second signal coming between.
on_exit() {
	exit_function=$1
	trap 'leave $?' EXIT
	trap 'leave 129' HUP
	trap 'leave 130' INT
	trap 'leave 143' TERM
}

leave() {
	local status=$1 start
	trap '' HUP INT TERM
	trap - EXIT
	set +e
	if [[ -n $running_child ]] && start=$(start_time "$running_child"); then
		kill -TERM -- "-$running_child" 2>/dev/null ||
			kill -TERM "$running_child" 2>/dev/null
		# Children that stop servers of their own need a moment.
		stop_process "$running_child" "$start" 60
		kill -KILL -- "-$running_child" 2>/dev/null
	fi
	"$exit_function"
	exit "$status"
}

# copy_source TOP DIRECTORY: the sources as they are now, without build
# output, so that a build there neither disturbs nor is disturbed by others,
# and works where TOP may not be written.
copy_source() {
	local top=$1 to=$2
	mkdir -p "$to"
	if [[ -e $top/.git ]] && command -v git >/dev/null; then
		(
			cd "$top" || exit
			git -c safe.directory='*' ls-files -z \
				--cached --others --exclude-standard |
				while IFS= read -r -d '' name; do
					[[ ! -e $name && ! -L $name ]] ||
						printf '%s\0' "$name"
				done |
				tar -c --null --no-recursion -T - -f -
		) | tar -x -C "$to" -f -
	else
		tar -c -C "$top" --exclude=./.git --exclude=./config.status \
			--exclude=./Makefile --exclude='*.o' -f - . |
			tar -x -C "$to" -f -
	fi
}
