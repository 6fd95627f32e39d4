// What is protected, what runs, what comes, and what went wrong.
import { html } from "../lib.js";
import { t, label } from "../i18n/index.js";
import { useResource, useList } from "../data.js";
import { Link, go } from "../router.js";
import { bytes, count, zone } from "../format.js";
import { can } from "../session.js";
import { Ref, Named } from "../links.js";
import { Page, Card, Loading, Empty, Button, Chart, Heatmap, Time } from "../ui/index.js";
import { JobProgress } from "./job_parts.js";
import "./overview.text.js";
import "./jobs.text.js";

const tiles = [["protected", "good", "/instances"], ["overdue", "warn", "/plans", { status: "overdue" }],
	["failed", "bad", "/backups", { status: "failed" }], ["never", "", "/instances"]];

const Tiles = ({ sources }) => html`<div class="tiles">
	${tiles.map(([name, kind, to, query]) => html`<${Link} key=${name} to=${to} query=${query}
		class=${"card tile " + (sources[name] ? kind : "")}>
		<b>${count(sources[name])}</b><span>${t("over." + name)}</span><//>`)}
</div>`;

function Running() {
	const { items, isLoading } = useList("/jobs", { status: "running" }, { on: ["job"] });
	if (!items.length) return html`<p class="muted">${t(isLoading ? "core.loading" : "over.idle")}</p>`;
	return html`<ul class="lines">${items.map((job) => html`<li key=${job.id}>
		<span><${Ref} id=${job.id} name=${label("kind", job.kind)} /> <${Named} id=${job.resource} /></span>
		<${JobProgress} job=${job} label=${label("kind", job.kind)} />
	</li>`)}</ul>`;
}

function Next() {
	const { items, isLoading } = useList("/plans", { strategy: "timer" },
		{ on: ["job", "plan", "audit"], limit: 500 });
	const runs = items.filter((p) => p.next_runs[0])
		.sort((a, b) => a.next_runs[0].localeCompare(b.next_runs[0])).slice(0, 8);
	if (isLoading && !items.length) return html`<p class="muted">${t("core.loading")}</p>`;
	if (!runs.length) {
		return html`<p class="muted">${t("over.nonext")}</p>
			${can("admin") && html`<${Button} to="/plans/new" label=${t("over.newplan")} />`}`;
	}
	return html`<ul class="lines">${runs.map((p) => html`<li key=${p.id}>
		<span><${Ref} ...${p} /> <span class="muted">${p.source.name}</span></span>
		<${Time} at=${p.next_runs[0]} zone=${p.timer?.timezone} /></li>`)}</ul>`;
}

function Failures() {
	const { items, isLoading } = useList("/jobs", { status: "failed" }, { on: ["job"], limit: 6 });
	if (!items.length) return html`<p class="muted">${t(isLoading ? "core.loading" : "over.nofail")}</p>`;
	return html`<ul class="lines">${items.slice(0, 6).map((job) => html`<li key=${job.id}>
		<span><${Ref} id=${job.id} name=${label("kind", job.kind)} /> <${Named} id=${job.resource} /></span>
		<span class="muted"><${Time} at=${job.finished_at} ago /></span>
		<p>${job.error?.detail}</p></li>`)}</ul>`;
}

function Figures({ data }) {
	const { days, sources } = data;
	const words = (d) => t("over.day", { date: d.date, good: d.good, bad: d.bad });
	return html`<${Tiles} sources=${sources} />
		<div class="grid">
			<${Card} title=${t("over.stored")} actions=${html`<b>${bytes(data.stored_bytes)}</b>`}>
				<${Chart} label=${t("over.stored")} format=${bytes}
					times=${days.map((d) => Date.parse(d.date + "T12:00:00Z") / 1000)}
					series=${[{ label: "", values: days.map((d) => d.stored_bytes) }]} />
			<//>
			<${Card} title=${t("over.calendar")}>
				<${Heatmap} label=${t("over.calendar")} words=${words}
					days=${days.map((d) => ({ date: d.date, good: d.completed, bad: d.failed }))}
					onOpen=${({ date }) => go("/backups", { since: date, until: date })} />
			<//>
		</div>`;
}

const Start = () => html`<${Card}><${Empty} title=${t("over.start")}>
	<p><${Link} to="/pools">${t("over.start.pool")}<//></p>
	<p><${Link} to="/instances">${t("over.start.source")}<//></p>
	<p><${Link} to="/plans">${t("over.start.plan")}<//></p>
<//><//>`;

export function Overview() {
	const of = useResource("/statistics", { days: 84, timezone: zone() },
		{ on: ["job", "backup", "plan", "audit"] });
	return html`<${Page} title=${t("nav.overview")}>
		<${Loading} of=${of}>${(data) => html`
			${!data.sources.total && html`<${Start} />`}
			<${Figures} data=${data} />`}<//>
		<div class="grid">
			<${Card} title=${t("over.running")}><${Running} /><//>
			<${Card} title=${t("over.next")}><${Next} /><//>
			<${Card} title=${t("over.last")}><${Failures} /><//>
		</div>
	<//>`;
}
