// All backups, the newest first: filters and sorting lie in the hash.
//   ?create=INSTANCE   opens the dialog for a new one (of that instance; "1": of any)
import { html, useState } from "../lib.js";
import { t, label } from "../i18n/index.js";
import { between, dayEnd, dayStart } from "../format.js";
import { useList, useResource } from "../data.js";
import { Link, setQuery, useRoute } from "../router.js";
import { can } from "../session.js";
import { Badge, Button, Empty, Filters, Page, Table, Time } from "../ui/index.js";
import { actionsOf, useActs } from "./backup_acts.js";
import { Expires, Status, Verified, size } from "./backup_cells.js";
import { CreateBackup } from "./backup_new.js";
import "./backups.text.js";

const TAKEN = ["q", "status", "source", "plan", "type", "method", "pool", "sort"];
const STATUS = ["queued", "backing_up", "completed", "failed", "canceled", "deleting"];

function paramsOf(query) {
	const params = {};
	TAKEN.forEach((key) => query[key] && (params[key] = query[key]));
	if (query.since) params.since = dayStart(query.since);
	if (query.until) params.until = dayEnd(query.until);
	return params;
}

const words = (kind, values) => values.map((v) => [v, label(kind, v)]);

// What is gone meanwhile stays in the filter that names it.
function names(of, value) {
	const known = (of.data?.items || []).map(({ id, name }) => [id, name]);
	return !value || known.some(([id]) => id == value) ? known : [...known, [value, value]];
}

function useFields(query) {
	const all = { limit: 500, sort: "name" };
	const sources = useResource("/sources", all, { on: ["source"] });
	const plans = useResource("/plans", all);
	const pools = useResource("/pools", all);
	const select = (key, word, options) => ({ key, label: t("col." + word), kind: "select", options });
	return [
		{ key: "q", label: t("col.search"), kind: "text" },
		select("status", "status", words("status", STATUS)),
		select("source", "instance", names(sources, query.source)),
		select("plan", "plan", names(plans, query.plan)),
		select("type", "type", words("type", ["manual", "automated"])),
		select("method", "method", words("method", ["logical", "physical", "snapshot"])),
		select("pool", "pool", names(pools, query.pool)),
		{ key: "since", label: t("col.since"), kind: "date" },
		{ key: "until", label: t("col.until"), kind: "date" },
	];
}

const columns = () => [
	{ key: "name", label: t("col.name"), sort: "name",
		cell: (b) => html`<${Link} to=${"/backups/" + b.id}>${b.name}<//>` },
	{ key: "status", label: t("col.status"), sort: "status", cell: (b) => html`<${Status} backup=${b} />` },
	{ key: "source", label: t("col.instance"), sort: "source",
		cell: ({ source: s }) => html`<${Link} to=${"/instances/" + s.id}>${s.name}<//>` },
	{ key: "plan", label: t("col.plan"), from: "m",
		cell: ({ plan }) => (plan ? html`<${Link} to=${"/plans/" + plan.id}>${plan.name}<//>` : "–") },
	{ key: "type", label: t("col.type"), sort: "type", from: "l", cell: (b) => label("type", b.type) },
	{ key: "method", label: t("col.method"), sort: "method", from: "l",
		cell: (b) => label("method", b.method) },
	{ key: "started_at", label: t("backups.started"), sort: "started_at",
		cell: (b) => html`<${Time} at=${b.started_at} />` },
	{ key: "duration", label: t("col.duration"), from: "m", end: true,
		cell: (b) => between(b.started_at, b.finished_at) },
	{ key: "size", label: t("backups.size"), sort: "stored_bytes", end: true, cell: size },
	{ key: "verified", label: t("backups.verified"), from: "l",
		cell: (b) => html`<${Verified} backup=${b} />` },
	{ key: "expires_at", label: t("backups.expires"), sort: "expires_at", from: "l",
		cell: (b) => html`<${Expires} backup=${b} />` },
	{ key: "held", label: t("backups.held"), from: "m",
		cell: (b) => (b.held ? html`<${Badge} kind="warn" label=${t("backups.holds")} />` : "–") },
];

function Nothing({ system, create }) {
	const next = !system.source_count ? "source" : !system.pool_count ? "pool" : "create";
	const [to, word] = { source: ["/instances", "instances"], pool: ["/pools", "pools"],
		create: ["/plans", "plans"] }[next];
	return html`<${Empty} title=${t("backups.empty")}>
		<p>${t("backups.empty." + next)}</p>
		<div class="buttons">
			${next == "create" && can("operate") && html`<${Button} kind="primary" onClick=${create}
				label=${t("backups.create")} />`}
			<${Button} to=${to} label=${t("backups." + word)} />
		</div>
	<//>`;
}

export function Backups() {
	const { query } = useRoute();
	const fields = useFields(query);
	const list = useList("/backups", paramsOf(query), { on: ["job", "backup"], limit: 100 });
	const system = useResource("/system");
	const [selected, setSelected] = useState(new Set());
	const reload = () => {
		setSelected(new Set());
		list.reload();
	};
	const [act, dialogs] = useActs(reload);
	const create = () => setQuery({ create: "1" });
	const rows = selected.size ? list.items.filter(({ id }) => selected.has(id)) : [];
	const isFiltered = fields.some(({ key }) => query[key]);
	const isEmpty = !isFiltered && list.total === 0 && system.data;
	return html`<${Page} title=${t("backups.title")} actions=${can("operate") && html`
		<${Button} kind="primary" label=${t("backups.create")} onClick=${create} />`}>
		${!isEmpty && html`<${Filters} fields=${fields}>
			${rows.length > 0 && html`<${Button} kind="danger"
				label=${t("backups.deleteselected", { n: rows.length })}
				onClick=${() => act("delete", rows)} />`}
		<//>`}
		<${Table} label=${t("backups.title")} columns=${columns()} list=${list}
			sort=${query.sort || "-created_at"}
			selected=${can("admin") ? selected : undefined} onSelect=${setSelected}
			actions=${(b) => actionsOf(b, act)}
			empty=${isEmpty && html`<${Nothing} system=${system.data} create=${create} />`} />
		${dialogs}
		${query.create && html`<${CreateBackup} source=${query.create}
			onClose=${() => setQuery({ create: "" })} onMade=${reload} />`}
	<//>`;
}
