// Storage pools: where backups go.
//   ?bind=1   opens the form for a new one
import { html, useEffect, useState } from "../lib.js";
import { t } from "../i18n/index.js";
import { bytes, count } from "../format.js";
import { del, post } from "../api.js";
import { useList } from "../data.js";
import { Link, setQuery, useRoute } from "../router.js";
import { can } from "../session.js";
import { Badge, Button, Confirm, Dialog, Empty, Facts, Filters, Notice, Page, Problems, Progress, Table, Time,
	attempt, toast } from "../ui/index.js";
import { PoolForm } from "./pool_form.js";
import "./pools.text.js";

const types = ["object_storage", "local_directory"];
const PLANS_SHOWN = 2;

function place({ object_storage: s3, local_directory: dir }) {
	if (!s3) return dir.path;
	return `${s3.bucket}/${s3.prefix} @ ${s3.endpoint.replace(/^https?:\/\//, "")}`;
}

const sealed = ({ encryption: e }) =>
	t("pools." + (!e ? "plain" : e.identity.set ? "encrypted" : "sealed"));

function Plans({ plans }) {
	if (!plans.length) return "–";
	const more = plans.length - PLANS_SHOWN;
	return html`${plans.slice(0, PLANS_SHOWN).map((p, i) => html`${i > 0 && ", "}<${Link}
		to=${"/plans/" + p.id}>${p.name}<//>`)}${more > 0 && ` ${t("pools.more", { n: more })}`}`;
}

const columns = () => [
	{ key: "name", label: t("col.name"), sort: "name" },
	{ key: "status", label: t("col.status"),
		cell: (p) => html`<${Badge} status=${p.status} title=${p.status_reason} />` },
	{ key: "storage_type", label: t("pools.type"), sort: "storage_type",
		cell: (p) => t("pools.type." + p.storage_type) },
	{ key: "place", label: t("pools.place"), from: "m", cell: (p) => html`<code>${place(p)}</code>` },
	{ key: "plans", label: t("col.plans"), cell: (p) => html`<${Plans} plans=${p.plans} />` },
	{ key: "backup_count", label: t("pools.backups"), sort: "backup_count", end: true,
		cell: (p) => html`<${Link} to="/backups" query=${{ pool: p.id }}>${count(p.backup_count)}<//>` },
	{ key: "stored_bytes", label: t("pools.stored"), sort: "stored_bytes", end: true,
		cell: (p) => bytes(p.stored_bytes) },
	{ key: "encryption", label: t("pools.encryption"), from: "m", cell: sealed },
	{ key: "remarks", label: t("col.remarks"), from: "l", cell: (p) => p.remarks || "–" },
	{ key: "created_at", label: t("col.created"), sort: "created_at", from: "l",
		cell: (p) => html`<${Time} at=${p.created_at} />` },
	{ key: "updated_at", label: t("col.updated"), sort: "updated_at", from: "l",
		cell: (p) => html`<${Time} at=${p.updated_at} />` },
	{ key: "id", label: t("col.id"), from: "l", cell: (p) => html`<code>${p.id}</code>` },
];

const finding = (value) => {
	if (typeof value == "number") return t("pools.ms", { n: value });
	return html`<${Badge} kind=${value ? "good" : "warn"} label=${t(value ? "pools.yes" : "pools.no")} />`;
};

function Findings({ capabilities }) {
	return html`<${Facts} items=${Object.entries(capabilities).map(([key, value]) =>
		[t("pools.can." + key), finding(value)])} />`;
}

// What the probe found when it was bound; else it is tested now.
function Found({ pool, isNew, onClose }) {
	const [state, set] = useState(isNew ? { capabilities: pool.capabilities } : {});
	useEffect(() => {
		if (!isNew) post(`/pools/${pool.id}/test`).then(set, (problem) => set({ problem }));
	}, []);
	const { capabilities, problem } = state;
	return html`<${Dialog} title=${t("pools.found", pool)} onClose=${onClose} buttons=${html`
		<${Button} label=${t("action.close")} onClick=${onClose} />`}>
		<div role="status">
			${!capabilities && !problem && html`<p>${t("pools.testing")}</p>
				<${Progress} label=${t("pools.testing")} />`}
			${capabilities && html`<${Notice} kind="good">${isNew ? t("pools.bound", pool) : t("pools.works")}<//>`}
			${problem && html`<p><b>${t("pools.fails")}</b></p>`}
		</div>
		<${Problems} problem=${problem} />
		${capabilities && html`<${Findings} capabilities=${capabilities} />`}
	<//>`;
}

function Unbind({ pool: { id, name }, onClose, reload }) {
	const [items, setItems] = useState(null);
	const [problem, setProblem] = useState(null);
	useEffect(() => {
		del("/pools/" + id, { dry_run: "true" }).then((x) => setItems(x.would_delete), setProblem);
	}, []);
	const run = async () => {
		await del("/pools/" + id, items.length ? { confirm: name } : {});
		toast(t("pools.unbound", { name }));
		reload();
	};
	return html`<${Confirm} title=${t("pools.unbind.title", { name })} text=${t("pools.unbind.text")}
		action=${t("pools.unbind")} items=${problem ? undefined : items} reversible
		typeName=${items?.length || problem ? name : ""} onConfirm=${run} onClose=${onClose}>
		<${Problems} problem=${problem} />
	<//>`;
}

function actionsOf(pool, open, reload) {
	const adopt = () => attempt(post(`/pools/${pool.id}/adopt`), t("pools.adopting", pool)).then(reload);
	return can("admin") ? [
		{ label: t("action.test"), onClick: () => open("test", pool) },
		{ label: t("pools.update"), onClick: () => open("update", pool) },
		{ label: t("pools.adopt"), more: true, onClick: adopt },
		{ label: t("pools.unbind"), more: true, danger: true, onClick: () => open("unbind", pool) },
	] : [];
}

function Dialogs({ now: { name, pool }, reload, close }) {
	if (name == "unbind") return html`<${Unbind} pool=${pool} reload=${reload} onClose=${close} />`;
	if (name == "update") {
		return html`<${PoolForm} pool=${pool} onClose=${close} onDone=${(made) => {
			toast(t("pools.updated", made));
			reload();
			close();
		}} />`;
	}
	return html`<${Found} pool=${pool} isNew=${name == "bound"} onClose=${close} />`;
}

const fields = () => [
	{ key: "q", label: t("col.search"), kind: "text" },
	{ key: "status", label: t("col.status"), kind: "select",
		options: ["available", "unreachable", "adopting"].map((s) => [s, t("status." + s)]) },
	{ key: "storage_type", label: t("pools.type"), kind: "select",
		options: types.map((type) => [type, t("pools.type." + type)]) },
];

const Nothing = ({ bind }) => html`<${Empty} title=${t("pools.empty")}>
	<p>${t("pools.empty.next")}</p>
	${can("admin") && html`<${Button} kind="primary" label=${t("pools.bind")} onClick=${bind} />`}
<//>`;

export function Pools() {
	const { query: { q, status, storage_type, sort, bind: isBinding } } = useRoute();
	const list = useList("/pools", { q, status, storage_type, sort }, { on: ["pool", "job", "plan"] });
	const [now, setNow] = useState(null);
	const open = (name, pool) => setNow({ name, pool });
	const bind = () => setQuery({ bind: "1" });
	const unbind = () => setQuery({ bind: "" });
	const isEmpty = list.total === 0 && !q && !status && !storage_type;
	return html`<${Page} title=${t("pools.title")} actions=${can("admin") && html`
		<${Button} kind="primary" label=${t("pools.bind")} onClick=${bind} />`}>
		${!isEmpty && html`<${Filters} fields=${fields()} />`}
		<${Table} label=${t("pools.title")} columns=${columns()} list=${list} sort=${sort || "-created_at"}
			actions=${(pool) => actionsOf(pool, open, list.reload)}
			empty=${isEmpty && html`<${Nothing} bind=${bind} />`} />
		${now && html`<${Dialogs} now=${now} reload=${list.reload} close=${() => setNow(null)} />`}
		${isBinding && html`<${PoolForm} onClose=${unbind} onDone=${(pool) => {
			unbind();
			list.reload();
			open("bound", pool);
		}} />`}
	<//>`;
}
