// All jobs, and one of them with its log, live while it runs.
import { html, useEffect, useRef, useState } from "../lib.js";
import { t, label } from "../i18n/index.js";
import { getText, post } from "../api.js";
import { useResource, useList } from "../data.js";
import { useProgress } from "../live.js";
import { useRoute } from "../router.js";
import { between, bytes, count } from "../format.js";
import { can } from "../session.js";
import { Ref, Named } from "../links.js";
import {
	Page, Card, Loading, Empty, Facts, Table, Filters, Button, Badge, Time, Notice, Confirm, toast,
} from "../ui/index.js";
import { JobProgress } from "./job_parts.js";
import "./jobs.text.js";

const options = (kind, values) => values.split(" ").map((v) => [v, label(kind, v)]);
const isOver = (job) => !["queued", "running"].includes(job.status);

const columns = () => [
	{ label: t("col.kind"), sort: "kind", cell: (j) => html`<${Ref} id=${j.id} name=${label("kind", j.kind)} />` },
	{ label: t("col.status"), sort: "status", cell: (j) => html`<${Badge} status=${j.status}
		title=${j.error?.detail} />` },
	{ label: t("job.resource"), cell: (j) => html`<${Named} id=${j.resource} />` },
	{ label: t("job.progress"), from: "m", cell: (j) => j.status == "running"
		? html`<${JobProgress} job=${j} label=${label("kind", j.kind)} />` : j.error?.detail },
	{ label: t("col.started"), from: "m", cell: (j) => html`<${Time} at=${j.started_at} />` },
	{ label: t("col.duration"), from: "l", end: true, cell: (j) => between(j.started_at, j.finished_at) },
];

export function Jobs() {
	const { kind, status, source, sort } = useRoute().query;
	const list = useList("/jobs", { kind, status, source, sort }, { on: ["job"] });
	const isAll = !kind && !status && !source;
	return html`<${Page} title=${t("nav.jobs")}>
		<${Filters} fields=${[
			{ key: "kind", label: t("col.kind"), kind: "select",
				options: options("kind", "backup restore verify delete expire adopt drill") },
			{ key: "status", label: t("col.status"), kind: "select",
				options: options("status", "queued running completed failed canceled") },
			{ key: "source", label: t("col.instance") },
		]} />
		<${Table} label=${t("nav.jobs")} columns=${columns()} list=${list} empty=${isAll && html`
			<${Empty} title=${t("job.empty")}><p>${t("job.empty.hint")}</p><//>`} />
	<//>`;
}

// The log is read again with each word of progress; the end of it stays in view.
function Log({ job }) {
	const [text, setText] = useState(null);
	const el = useRef();
	const progress = useProgress(job.id);
	useEffect(() => {
		let isGone = false;
		getText(`/jobs/${job.id}/log`).then((s) => isGone || setText(s), () => {});
		return () => (isGone = true);
	}, [job.status, progress]);
	useEffect(() => {
		if (el.current && !isOver(job)) el.current.scrollTop = el.current.scrollHeight;
	}, [text]);
	if (text === null) return html`<p class="muted" role="status">${t("core.loading")}</p>`;
	return html`<pre class="log" ref=${el} tabindex="0" role="log" aria-label=${t("job.log")}>${
		text || t("job.nolog")}</pre>`;
}

function Cancel({ job, close }) {
	const cancel = async () => {
		await post(`/jobs/${job.id}/cancel`);
		toast(t("job.canceling"));
	};
	return html`<${Confirm} title=${t("job.cancel")} action=${t("job.cancel")}
		text=${t("job.cancel.text")} onConfirm=${cancel} onClose=${close} />`;
}

const facts = (job) => [
	[t("col.status"), html`<${Badge} status=${job.status} />`],
	[t("job.resource"), html`<${Named} id=${job.resource} />`],
	[t("col.id"), html`<span class="mono">${job.id}</span>`],
	[t("col.created"), html`<${Time} at=${job.created_at} />`],
	[t("col.started"), html`<${Time} at=${job.started_at} />`],
	[t("col.finished"), html`<${Time} at=${job.finished_at} />`],
	[t("col.duration"), between(job.started_at, job.finished_at)],
	job.progress?.bytes_read > 0 && [t("job.read"), bytes(job.progress.bytes_read)],
	job.progress?.items_total > 0 && [t("job.items"),
		`${count(job.progress.items_done)} / ${count(job.progress.items_total)}`],
];

const Failure = ({ error }) => html`<${Notice} kind="bad"><b>${t("job.error")}: ${error.code}</b>
	<p>${error.detail}</p>
	${(error.attempts || []).length > 1 && html`<ol>${error.attempts.map((a) =>
		html`<li><${Time} at=${a.at} /> ${a.detail || a.code}</li>`)}</ol>`}<//>`;

export function Job({ id }) {
	const of = useResource("/jobs/" + id, null, { on: ["job"] });
	const [isAsking, ask] = useState(false);
	const job = of.data;
	return html`<${Page} title=${job ? `${label("kind", job.kind)}` : t("nav.jobs")}
		up=${{ to: "/jobs", label: t("nav.jobs") }}
		actions=${job && !isOver(job) && can("operate") && html`<${Button} label=${t("job.cancel")}
			onClick=${() => ask(true)} />`}>
		<${Loading} of=${of}>${() => html`
			${job.error && html`<${Failure} error=${job.error} />`}
			<${Card}>
				${job.status == "running" && html`<${JobProgress} job=${job} label=${t("job.progress")} />`}
				<${Facts} items=${facts(job)} />
			<//>
			<${Card} title=${t("job.log")}><${Log} job=${job} /><//>`}<//>
		${isAsking && html`<${Cancel} job=${job} close=${() => ask(false)} />`}
	<//>`;
}
