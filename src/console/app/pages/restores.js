// All restores, and one of them: its progress, then its verdict.
import { html, useState } from "../lib.js";
import { t, label } from "../i18n/index.js";
import { between, count } from "../format.js";
import { post } from "../api.js";
import { useList, useResource } from "../data.js";
import { Named, Ref } from "../links.js";
import { Link, useRoute } from "../router.js";
import { can } from "../session.js";
import { Badge, Button, Card, Confirm, Empty, Facts, Filters, Loading, Notice, Page, Table, Time } from "../ui/index.js";
import { JobProgress } from "./job_parts.js";
import "./jobs.text.js";
import "./restores.text.js";

const Place = ({ restore: { target_source: s, target_path: path } }) => (s ? html`<${Ref} ...${s} />` : path || "–");

const placeOf = (r) => r.target_source?.name || r.target_path || "–";

const columns = () => [
	{ key: "id", label: t("restore.target"), cell: (r) => html`<${Link} to=${"/restores/" + r.id}>${
		placeOf(r)}<//>` },
	{ key: "status", label: t("col.status"), cell: (r) => html`<${Badge} status=${r.status} title=${r.error?.detail} />` },
	{ key: "backup", label: t("kind.backup"), cell: (r) => html`<${Named} id=${r.backup} />` },
	{ key: "rows", label: t("restore.count"), end: true, from: "m", cell: (r) => count(r.row_count || r.key_count) },
	{ key: "started", label: t("col.started"), cell: (r) => html`<${Time} at=${r.started_at} />` },
	{ key: "took", label: t("col.duration"), end: true, from: "m", cell: (r) => between(r.started_at, r.finished_at) },
];

export function Restores() {
	const { query: { status, target, sort } } = useRoute();
	const list = useList("/restores", { status, target, sort }, { on: ["job"] });
	const start = can("restore") && html`<${Button} kind="primary" to="/restores/new" label=${t("restore.title")} />`;
	return html`<${Page} title=${t("nav.restores")} actions=${start}>
		<${Filters} fields=${[{ key: "status", label: t("col.status"), kind: "select", options: ["running", "completed",
			"failed", "canceled"].map((s) => [s, label("status", s)]) }, { key: "target", label: t("col.instance") }]} />
		<${Table} label=${t("nav.restores")} columns=${columns()} list=${list} nameOf=${(r) => r.id}
			empty=${!status && !target && html`<${Empty} title=${t("restore.none")}><p>${t("restore.nonehint")}</p><//>`} />
	<//>`;
}

function Verdict({ restore: r }) {
	const n = r.row_count || r.key_count;
	if (r.status == "completed") {
		const proven = r.verified ? t(n ? "restore.proven" : "restore.provenall", { n }) : t("restore.unproven");
		return html`<${Notice} kind=${r.verified ? "good" : "warn"}>${proven}<//>`;
	}
	const words = label("restore.next", r.error?.code);
	return html`<${Notice} kind=${r.status == "failed" ? "bad" : "warn"}>
		<p><b>${r.error?.detail || label("status", r.status)}</b></p>
		${words != r.error?.code && html`<p>${words}</p>`}
		<p>${t("restore.left")}</p><//>`;
}

function Next({ restore: r }) {
	return html`<div class="buttons">
		${r.status == "completed" && r.target_source && html`<${Button} kind="primary"
			to=${"/instances/" + r.target_source.id} label=${t("restore.open", r.target_source)} />`}
		${can("restore") && html`<${Button} to="/restores/new" query=${{ backup: r.backup }} label=${t("restore.repeat")} />`}
		<${Button} to=${"/jobs/" + r.job_id} label=${t("job.log")} /></div>`;
}

function Cancel({ id, onClose, reload }) {
	return html`<${Confirm} title=${t("restore.cancel")} text=${t("restore.left")} action=${t("restore.cancel")}
		onConfirm=${() => post(`/restores/${id}/cancel`).then(reload)} onClose=${onClose} />`;
}

function Body({ restore: r, reload }) {
	const [isAsked, setAsked] = useState(false);
	const isOver = !["queued", "running"].includes(r.status);
	const job = useResource(r.job_id && "/jobs/" + r.job_id, null, { on: ["job"] });
	return html`<${Card} title=${t(isOver ? "restore.verdict" : "restore.running")}
			actions=${!isOver && can("operate") && html`<${Button} label=${t("restore.cancel")} onClick=${() => setAsked(true)} />`}>
			${isOver ? html`<${Verdict} restore=${r} /><${Next} restore=${r} />`
				: job.data && html`<${JobProgress} job=${job.data} label=${t("restore.running")} />`}<//>
		<${Card}><${Facts} items=${[
			[t("col.status"), html`<${Badge} status=${r.status} />`], [t("col.id"), html`<code>${r.id}</code>`],
			[t("kind.backup"), html`<${Named} id=${r.backup} />`], [t("restore.target"), html`<${Place} restore=${r} />`],
			[t("restore.verified"), t(r.verified ? "restore.yes" : "restore.no")],
			[t("restore.rows"), count(r.row_count)], [t("restore.keys"), count(r.key_count)],
			[t("col.started"), html`<${Time} at=${r.started_at} />`],
			[t("col.finished"), html`<${Time} at=${r.finished_at} />`],
			[t("col.duration"), between(r.started_at, r.finished_at)],
			[t("kind.job"), html`<${Ref} id=${r.job_id} />`],
		]} /><//>
		${isAsked && html`<${Cancel} id=${r.id} reload=${reload} onClose=${() => setAsked(false)} />`}`;
}

export function Restore({ id }) {
	const restore = useResource("/restores/" + id, null, { on: ["job"] });
	const { data } = restore;
	return html`<${Page} title=${data ? t("restore.to", { name: placeOf(data) }) : t("kind.restore")}
		up=${{ to: "/restores", label: t("nav.restores") }}>
		<${Loading} of=${restore}>${(r) => html`<${Body} restore=${r} reload=${restore.reload} />`}<//>
	<//>`;
}
