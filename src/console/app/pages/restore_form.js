// What the fields of the restore's wizard hold, and what the API takes of them.
//   firstOf(backup, sources, providers)   the values at first
//   bodyOf(values, backup)                as POST /v1/restores takes it
//   kindsOf(backup)                       the kinds of target there are: "new", "existing", "path"
import { scopeOf } from "./backup_scope.js";

const KINDS = { mysql: ["existing", "new"], redis: ["existing", "new"], files: ["path", "existing"],
	objects: ["existing"] };
export const kindsOf = ({ source }) => KINDS[source.engine];

export function firstOf(backup, sources, providers) {
	const isNew = kindsOf(backup).includes("new") && providers.length > 0;
	return {
		kind: isNew ? "new" : kindsOf(backup)[0], provider: providers[0]?.name || "",
		name: backup.source.name + "-copy", settings: "", path: "", bucket: "", prefix: "",
		source: (sources.find((s) => s.id == backup.source.id) || sources[0])?.id || "",
		renames: {}, scope: {}, accounts: false, definer: "keep", through: "", overwrite: false, typed: {},
	};
}

function targetOf(v, engine) {
	if (v.kind == "path") return { path: v.path };
	if (v.kind == "existing") {
		const place = engine == "objects" && { ...(v.bucket && { bucket: v.bucket }), ...(v.prefix && { prefix: v.prefix }) };
		return { source: v.source, ...place };
	}
	const options = v.settings.trim() && JSON.parse(v.settings);
	return { provision: { provider: v.provider, name: v.name, ...(options && { options }) } };
}

function optionsOf(v) {
	const options = { ...(v.accounts && { accounts: true }), ...(v.definer != "keep" && { definer: v.definer }) };
	return Object.keys(options).length && options;
}

export function bodyOf(v, backup) {
	const { engine } = backup.source;
	const scope = scopeOf(engine, backup.method, v.scope);
	const rename = Object.fromEntries(Object.entries(v.renames).filter(([from, to]) => to && to != from));
	const options = optionsOf(v);
	const confirm = Object.keys(v.typed).filter((name) => v.typed[name] == name);
	return {
		backup: backup.id, target: targetOf(v, engine), ...(scope && { scope }),
		...(Object.keys(rename).length && v.kind == "existing" && { rename }),
		...(options && { options }), ...(v.through && v.kind == "existing" && { through: { provider: v.through } }),
		...(v.overwrite && { overwrite: true, confirm }),
	};
}
