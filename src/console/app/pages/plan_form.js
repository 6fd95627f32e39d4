// What the fields of the wizard hold, and what the API takes of them.
//   valuesOf(plan | {}, source, pool)  the values: those of a plan, or of a new one
//   bodyOf(values, source)    as POST takes it
//   change(before, after)     the merge patch from one such body to another
//   timerOf(values)           a timer without what its cycle has no use for
import { zone } from "../format.js";
import { scopeOf, valueOf } from "./backup_scope.js";
import { fitting } from "./plan_words.js";

const USED = {
	once: ["date", "at"], hourly: ["at", "date"], daily: ["at", "date"], weekly: ["weekdays", "at", "date"],
	monthly: ["month_days", "at", "date"], cron: ["cron", "date"],
};
export const CYCLES = Object.keys(USED);
export const isUsed = (cycle, key) => USED[cycle].includes(key);

const START = { compression_level: 3, include_accounts: true, full_every: 7 };

export const newTimer = (at) => ({ cycle: "daily", at, date: "", weekdays: ["sun"], month_days: [1],
	cron: "30 2 * * *", timezone: zone(), missed: "run_once" });

const filled = (timer, at) => {
	const known = Object.entries(timer || {}).filter(([, value]) => value != null);
	return { ...newTimer(at), ...Object.fromEntries(known) };
};

export function timerOf(v) {
	const used = USED[v.cycle].filter((key) => v[key]?.length).map((key) => [key, v[key]]);
	return { cycle: v.cycle, ...Object.fromEntries(used), timezone: v.timezone, missed: v.missed };
}

export function valuesOf(plan, source, pool) {
	const { options = {}, source: { engine } = source } = plan;
	return {
		name: plan.name || "", remarks: plan.remarks || "", source: plan.source?.id || source?.id,
		method: plan.method || source?.methods[0], scope: plan.id ? valueOf(engine, plan.scope) : {},
		options: plan.id ? options : START, grace: String((options.grace_seconds ?? 21600) / 3600),
		strategy: plan.strategy || "timer", timer: filled(plan.timer, "04:00"),
		days: String(plan.retention_days || 7), pool: plan.pool?.id || pool?.id,
		drills: !!options.drill, drill: filled(options.drill?.timer || { cycle: "weekly" }, "05:00"),
		provider: options.drill?.provider || "",
	};
}

const isWhole = ({ isSome, chosen, include }) => !isSome || (!chosen && !include?.length);

function optionsOf(v, { engine, version }) {
	const options = {};
	for (const [key, kind] of fitting(engine, v.method, version)) {
		const value = v.options[key];
		if (key == "include_accounts" && (value || !isWhole(v.scope))) continue;
		if (key == "full_every" && !v.options.incremental) continue;
		if (kind == "check" ? value || key == "include_accounts" : value != null && value !== "")
			options[key] = kind == "number" ? Number(value) : value;
	}
	options.grace_seconds = Math.round(Number(v.grace) * 3600);
	if (v.drills) options.drill = { timer: timerOf(v.drill), ...(v.provider && { provider: v.provider }) };
	return options;
}

export function bodyOf(v, source) {
	const scope = scopeOf(source.engine, v.method, v.scope);
	return {
		name: v.name, ...(v.remarks && { remarks: v.remarks }), source: v.source, method: v.method,
		...(scope && { scope }), strategy: v.strategy, ...(v.strategy == "timer" && { timer: timerOf(v.timer) }),
		retention_days: Number(v.days), pool: v.pool, options: optionsOf(v, source),
	};
}

const isMap = (x) => x && typeof x == "object" && !Array.isArray(x);

export function change(before, after) {
	const patch = {};
	for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
		const [a, b] = [before[key], after[key]];
		if (JSON.stringify(a) == JSON.stringify(b)) continue;
		patch[key] = b === undefined ? null : isMap(a) && isMap(b) ? change(a, b) : b;
	}
	return patch;
}
