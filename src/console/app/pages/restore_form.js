// What the fields of the restore's wizard hold, and what the API takes of them.
//   firstOf(backup, sources, providers)   the values at first
//   bodyOf(values, backup)                as POST /v1/restores takes it
//   kindsOf(backup)                       the kinds of target there are: "new", "existing", "path"
//   isThrough(values, backup)             it is files that a throwaway instance has to read
import { scopeOf } from "./backup_scope.js";

const KINDS = { mysql: ["existing", "new"], redis: ["existing", "new"], files: ["path", "existing"],
	objects: ["existing"] };
export const kindsOf = ({ source }) => KINDS[source.engine];
export const isThrough = (v, { source, method }) =>
	source.engine == "mysql" && method != "logical" && v.kind == "existing";

export function firstOf(backup, sources, providers) {
	const isNew = kindsOf(backup).includes("new") && providers.length > 0;
	return {
		kind: isNew ? "new" : kindsOf(backup)[0], provider: providers[0]?.name || "",
		name: backup.source.name + "-copy", settings: "", path: "", bucket: "", prefix: "",
		source: (sources.find((s) => s.id == backup.source.id) || sources[0])?.id || "",
		renames: {}, scope: {}, accounts: false, definer: "keep", parallel: "",
		through: providers[0]?.name || "", throughSettings: "", overwrite: false, first: true, typed: {},
	};
}

// A maker of instances and what it is told, which has to be JSON.
function maker(provider, text) {
	const options = text.trim() && JSON.parse(text);
	return { provider, ...(options && { options }) };
}

function targetOf(v, engine) {
	if (v.kind == "path") return { path: v.path };
	if (v.kind == "existing") {
		const place = engine == "objects" && { ...(v.bucket && { bucket: v.bucket }), ...(v.prefix && { prefix: v.prefix }) };
		return { source: v.source, ...place };
	}
	return { provision: { ...maker(v.provider, v.settings), name: v.name } };
}

function optionsOf(v, isUnread) {
	const options = { ...(v.accounts && !isUnread && { accounts: true }), ...(v.definer != "keep" && { definer: v.definer }),
		...(v.parallel && { parallelism: Number(v.parallel) }),
		...(!v.first && { verify_first: false }) };
	return Object.keys(options).length && options;
}

export function bodyOf(v, backup) {
	const { engine } = backup.source;
	const scope = scopeOf(engine, backup.method, v.scope);
	const rename = Object.fromEntries(Object.entries(v.renames).filter(([from, to]) => to && to != from));
	const isUnread = isThrough(v, backup);
	const options = optionsOf(v, isUnread);
	const confirm = Object.keys(v.typed).filter((name) => v.typed[name] == name);
	return {
		backup: backup.id, target: targetOf(v, engine), ...(scope && { scope }),
		...(Object.keys(rename).length && v.kind == "existing" && { rename }),
		...(options && { options }),
		...(isUnread && v.through && { through: maker(v.through, v.throughSettings) }),
		...(v.overwrite && { overwrite: true, confirm }),
	};
}
