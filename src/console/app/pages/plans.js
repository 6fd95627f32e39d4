// All plans: filters and sorting lie in the hash.
import { html } from "../lib.js";
import { t, label } from "../i18n/index.js";
import { timerInWords } from "../format.js";
import { useList, useResource } from "../data.js";
import { Link, useRoute } from "../router.js";
import { can } from "../session.js";
import { Badge, Button, Empty, Filters, Page, Table, Time } from "../ui/index.js";
import { actionsOf, usePlanActs } from "./plan_acts.js";
import "./plans.text.js";

const TAKEN = ["q", "status", "source", "pool", "engine", "strategy"];
const words = (kind, values) => values.map((v) => [v, label(kind, v)]);
const names = ({ data }) => (data?.items || []).map(({ id, name }) => [id, name]);

function useFields() {
	const all = { limit: 500, sort: "name" };
	const sources = useResource("/sources", all, { on: ["source"] });
	const pools = useResource("/pools", all, { on: ["pool"] });
	const select = (key, word, options) => ({ key, label: t("col." + word), kind: "select", options });
	return [
		{ key: "q", label: t("col.search"), kind: "text" },
		select("status", "status", words("status", ["active", "paused", "overdue", "finished"])),
		select("source", "instance", names(sources)),
		select("engine", "engine", words("engine", ["mysql", "redis", "files", "objects"])),
		select("pool", "pool", names(pools)),
		{ ...select("strategy", "", words("plans.strategy", ["timer", "manual"])), label: t("plans.strategy") },
	];
}

export const Status = ({ plan: { status, status_reason, expiry_held: held } }) => html`
	<${Badge} status=${status} title=${status_reason} />
	${held && html` <${Badge} kind="warn" label=${t("plans.held")} title=${held.reason} />`}`;

export const LastRun = ({ run }) => (run
	? html`<${Link} to=${"/backups/" + run.backup_id}><${Badge} status=${run.status} /><//> <${Time} at=${run.at} ago />`
	: "–");

export const kindOf = ({ method, options }) =>
	`${label("method", method)}, ${t(options.incremental ? "plans.incremental" : "plans.full")}`;

export const strategyOf = ({ strategy }) => label("plans.strategy", strategy);

const columns = () => [
	{ key: "name", label: t("col.name"), sort: "name",
		cell: (p) => html`<${Link} to=${"/plans/" + p.id}>${p.name}<//>` },
	{ key: "status", label: t("col.status"), cell: (p) => html`<${Status} plan=${p} />` },
	{ key: "source", label: t("col.instance"),
		cell: ({ source: s }) => html`<${Link} to=${"/instances/" + s.id}>${s.name}<//>` },
	{ key: "timer", label: t("plans.timer"), cell: (p) => timerInWords(p.timer) },
	{ key: "next", label: t("plans.next"), sort: "next_run",
		cell: (p) => html`<${Time} at=${p.next_runs[0]} zone=${p.timer?.timezone} />` },
	{ key: "last", label: t("plans.last"), sort: "last_run", cell: (p) => html`<${LastRun} run=${p.last_run} />` },
	{ key: "pool", label: t("col.pool"), from: "m",
		cell: ({ pool }) => html`<${Link} to="/pools" query=${{ q: pool.name }}>${pool.name}<//>` },
	{ key: "engine", label: t("plans.engine"), from: "m", cell: (p) => label("engine", p.source.engine) },
	{ key: "region", label: t("col.region"), from: "l", cell: (p) => p.source.region || "–" },
	{ key: "strategy", label: t("plans.strategy"), from: "l", cell: strategyOf },
	{ key: "type", label: t("col.type"), from: "l", cell: kindOf },
	{ key: "days", label: t("plans.retention"), end: true, from: "m",
		cell: (p) => t("plans.days", { n: p.retention_days }) },
	{ key: "created", label: t("col.created"), sort: "created_at", from: "l",
		cell: (p) => html`<${Time} at=${p.created_at} />` },
	{ key: "updated", label: t("col.updated"), sort: "updated_at", from: "l",
		cell: (p) => html`<${Time} at=${p.updated_at} />` },
	{ key: "id", label: t("col.id"), from: "l", cell: (p) => html`<code>${p.id}</code>` },
];

const Nothing = () => html`<${Empty} title=${t("plans.empty")}>
	<p>${t("plans.empty.hint")}</p>
	${can("admin") && html`<div><${Button} kind="primary" to="/plans/new" label=${t("plans.create")} /></div>`}
<//>`;

export function Plans() {
	const { query } = useRoute();
	const params = Object.fromEntries([...TAKEN, "sort"].map((key) => [key, query[key]]));
	const list = useList("/plans", params, { on: ["plan", "job", "audit"], limit: 100 });
	const [act, dialogs] = usePlanActs(list.reload);
	const isEmpty = list.total === 0 && !TAKEN.some((key) => query[key]);
	const fields = useFields();
	return html`<${Page} title=${t("nav.plans")} actions=${can("admin") && !isEmpty && html`
		<${Button} kind="primary" label=${t("plans.create")} to="/plans/new" />`}>
		${!isEmpty && html`<${Filters} fields=${fields} />`}
		<${Table} label=${t("nav.plans")} columns=${columns()} list=${list} sort=${query.sort || "-created_at"}
			actions=${(p) => actionsOf(p, act)} empty=${isEmpty && html`<${Nothing} />`} />
		${dialogs}
	<//>`;
}
