// A plan's scope and options in words.
//   fitting(engine, method, version)   the options that there are: [[key, kind]]
//   scopeInWords(scope), optionWords(options)
import { t } from "../i18n/index.js";

const FIT = {
	"mysql logical": ["parallelism", "include_accounts", "lock_non_transactional"],
	"mysql physical": ["incremental", "full_every"],
	"mysql snapshot": ["snapshot_hook"],
	"files snapshot": ["incremental", "full_every", "strict", "one_file_system", "snapshot_hook"],
	"objects snapshot": ["parallelism", "incremental", "full_every", "strict"],
};
const KINDS = { compression_level: "number", parallelism: "number", full_every: "number", snapshot_hook: "text" };

export const fitting = (engine, method, version) =>
	["compression_level", ...(FIT[`${engine} ${method}`] || [])]
		.filter((key) => engine != "mysql" || !/^(incremental|full_every)$/.test(key) || /maria/i.test(version))
		.map((key) => [key, KINDS[key] || "check"]);

const named = (d) => (d.name ? d.name + (d.tables ? ` (${d.tables.join(", ")})` : "") : d);

export function scopeInWords(scope) {
	if (!scope) return t("plan.whole");
	const { databases, ...rest } = scope;
	return [databases?.map(named).join(", "), ...Object.entries(rest).map(([key, list]) =>
		`${t("plan.scope." + key)}: ${list.join(", ")}`)].filter(Boolean).join("; ");
}

const valueWords = (value) => (typeof value == "boolean" ? t(value ? "plan.yes" : "plan.no") : value);

export const optionWords = ({ drill, grace_seconds: grace, ...rest } = {}) => [
	...Object.entries(rest).filter(([, value]) => value != null)
		.map(([key, value]) => `${t("option." + key)}: ${valueWords(value)}`),
	grace && `${t("plan.grace")}: ${grace / 3600}`].filter(Boolean).join("; ");
