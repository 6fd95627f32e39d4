// The commands that restore a backup without Coffer, with stock tools: what README.txt of its pool
// says, for this very backup.
//
//   byHand({backup, pool, manifest}) -> [[key of a text, commands], ...], to be run one after the
//       other in one shell, in an empty folder. pool and manifest may be null: not to be had.
const quote = (s) => (/^[\w@%+=:,./~-]+$/.test(s) ? s : `'${s.replaceAll("'", "'\\''")}'`);

function kindOf({ engine, version }, method, manifest) {
	const key = manifest?.parts?.[0]?.key || "";
	if (key.startsWith("../")) return "packs";
	const told = /\.(sql|rdb|xbstream|tar)\b/.exec(key);
	if (told) return told[1];
	if (engine == "redis") return "rdb";
	if (engine != "mysql" || method == "snapshot") return "tar";
	if (method == "logical") return "sql";
	return /mariadb/i.test(version) ? "xbstream" : "tar";
}

const keys = `{ jq -r '.parts[]?.key' manifest.json
  [ ! -d parts ] || cat parts/* | jq -r .key
}`;

// How one object, or a folder with all in it, comes here.
function fetcher(pool) {
	const s3 = pool?.object_storage;
	const more = [
		s3?.endpoint && `--endpoint-url ${quote(s3.endpoint)}`,
		s3?.region && `--region ${quote(s3.region)}`,
		s3?.ca_file && `--ca-bundle ${quote(s3.ca_file)}`,
	].filter(Boolean).join(" ");
	return (what, from, to) => `aws s3 ${what} ${more} ${from} ${to}`.replace("  ", " ");
}

function fetchText({ path, root, ids, pool, isPacks }) {
	const isS3 = path.startsWith("s3:");
	const aws = fetcher(pool);
	const one = (from, to) => (isS3 ? aws("sync", from, to) : `cp -a ${from}. ${to}`);
	const login = isS3 ? "# AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are those of the pool\n" : "";
	if (ids.length > 1) {
		const from = `${quote(root)}"$b"/`;
		return `${login}for b in ${ids.join(" ")}; do\n  mkdir "$b"\n  ${one(from, '"$b"')}\ndone`;
	}
	const id = ids[0];
	const text = `${login}mkdir ${id}\n${one(quote(path), id)}\ncd ${id}`;
	if (!isPacks) return text;
	const from = `${quote(root)}"$key"`;
	const pack = isS3 ? aws("cp", from, '"../$key"') : `cp ${from} "../$key"`;
	return `${text}\nmkdir ../packs\n${keys} | sed 's,^\\.\\./,,' | while read -r key; do\n  ${pack}\ndone`;
}

const check = `{ jq -c '.parts[]?' manifest.json
  [ ! -d parts ] || cat parts/*
} | jq -r '.sha256 + "  " + .key' | sha256sum -c --quiet && echo all are whole`;

const opened = (name) => `find ${name} -type f | sort | while read -r f; do
  age -d -i "$KEY" "$f" || exit 1
done | zstd -dc`;
const plain = (name) => `find ${name} -type f | sort | xargs cat | zstd -dc`;

const tarFlags = "-xp --numeric-owner --acls --xattrs --xattrs-include='*' -C copy";

const link = `  ln -s "../$key" "numbered/\${n%%.*}"`;
const open = `  age -d -i "$KEY" "$key" > "numbered/\${n%%.*}"`;

// Of a bucket members have numbers; the index has their keys in the same order.
const unpackKeys = ["byhand.objects", "tar --warning=no-unknown-keyword -xv -C copy > members",
	["byhand.keys", `jq -r 'select(.type != "superseded") |
  [.name, .facts] | map(@json) | join("\\t")' index.jsonl | paste members -`]];

const packs = (read, isSealed, [joined, untar, last]) => [
	["byhand.number", `mkdir copy numbered
${keys} | while read -r key; do
  n=\${key##*-}
${isSealed ? open : link}
done`],
	[joined, `${read("index")} > index.jsonl
jq -nr 'foreach ((inputs | select(.type != "superseded")), null) as $l
  ({}; if $l and .run and .run.at == $l.extents and
      .run.skip + .run.bytes == ($l.skip // 0)
    then {run: (.run | .bytes += $l.plain_bytes)}
    else {done: .run, run: (if $l then {at: $l.extents,
      skip: ($l.skip // 0), bytes: $l.plain_bytes} else null end)}
    end;
    .done | select(.) |
    "\\(.skip) \\(.bytes) \\(.at | flatten | map(tostring) | join(" "))"
  )' index.jsonl | while read -r skip bytes extents; do
  set -- $extents
  while [ $# -gt 0 ]; do
    tail -c +$(($2 + 1)) "numbered/$(printf %08d $1)" | head -c $3
    shift 3
  done | zstd -dc | tail -c +$((skip + 1)) | head -c $bytes
done | ${untar}`],
	last,
];

const unpackTree = ["byhand.join", `tar ${tarFlags}`,
	["byhand.amend", `jq -r 'select(.facts.amended) | [.facts.mode,
  "\\(.facts.uid):\\(.facts.gid)",
  (.facts.mtime | if .[0] < 0 and .[1] > 0
    then "@-\\(-1 - .[0]).\\(2000000000 - .[1])"
    else "@\\(.[0]).\\(.[1] + 1000000000)" end),
  .name_base64 // (.name | @base64)] | join(" ")' index.jsonl |
while read -r mode owner time name; do
  name="copy/$(echo "$name" | base64 -d; echo x)"; name=\${name%x}
  chown $owner "$name"; chmod $mode "$name"
  touch -d "\${time%.*}.\${time##*.1}" "$name"
done`]];

function applyXbstream(ids) {
	const [first, ...more] = ids;
	const at = (id) => (more.length ? `${id}/backup` : "backup");
	const rest = more.length ? `
for b in ${more.join(" ")}; do
  mkdir more
  mbstream -x -C more < "$b/backup"
  mariadb-backup --prepare --target-dir=copy --incremental-dir=more
  rm -r more
done` : "";
	return [
		["byhand.prepare", `mkdir copy
mbstream -x -C copy < ${at(first)}
mariadb-backup --prepare --target-dir=copy${rest}`],
		["byhand.start", "chown -R mysql: copy\nmariadbd --datadir=\"$PWD/copy\" --user=mysql"],
	];
}

function applyTar({ engine, version }) {
	if (engine == "files") return [["byhand.files", `mkdir copy\ntar ${tarFlags} < backup`]];
	const untar = "mkdir copy\ntar --warning=no-unknown-keyword -x -C copy < backup";
	if (engine == "objects") {
		return [["byhand.objects", untar], ["byhand.keys", `python3 - <<'END'
import json, tarfile
for m in tarfile.open("backup"):
    print(m.name, json.dumps(m.pax_headers["COFFER.key"], ensure_ascii=False),
          m.pax_headers["COFFER.object"], sep="\\t")
END`]];
	}
	const server = /mariadb/i.test(version) ? "mariadbd" : "mysqld";
	return [["byhand.prepare", untar],
		["byhand.start", `rm -f copy/auto.cnf\nchown -R mysql: copy\n${server} --datadir="$PWD/copy" --user=mysql`]];
}

function apply(kind, source, ids) {
	if (kind == "xbstream") return applyXbstream(ids);
	if (kind == "tar") return applyTar(source);
	if (kind == "rdb") {
		return [["byhand.redis", 'mv backup dump.rdb\nredis-server --dir "$PWD" --appendonly no'],
			["byhand.aof", "redis-cli CONFIG SET appendonly yes"]];
	}
	const client = /mariadb/i.test(source.version) ? "mariadb" : "mysql";
	return [["byhand.apply", `${client} --comments --binary-mode < backup`]];
}

export function byHand({ backup, pool, manifest }) {
	const { id, save_path: path, source, method, encrypted, depends_on } = backup;
	const kind = kindOf(source, method, manifest);
	const isPacks = kind == "packs";
	const ids = [...depends_on, id];
	const root = path.slice(0, path.lastIndexOf(id));
	const each = (text) =>
		(ids.length > 1 ? `for b in ${ids.join(" ")}; do (\ncd "$b"\n${text}\n) done` : text);
	const read = encrypted ? opened : plain;
	const steps = [
		encrypted && ["byhand.key", "KEY=$PWD/key.txt"],
		["byhand.fetch", fetchText({ path, root, ids, pool, isPacks })],
		["byhand.check", each(check)],
	];
	if (isPacks) {
		const unpack = source.engine == "objects" ? unpackKeys : unpackTree;
		return [...steps.filter(Boolean), ...packs(read, encrypted, unpack)];
	}
	return [...steps.filter(Boolean), ["byhand.unpack", each(`${read("data")} > backup`)],
		...apply(kind, source, ids)];
}
