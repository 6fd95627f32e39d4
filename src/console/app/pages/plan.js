// A plan: what it says, its backups, charts of them, its next runs, expiry and drills.
import { html } from "../lib.js";
import { t, label } from "../i18n/index.js";
import { between, bytes, count, duration, timerInWords } from "../format.js";
import { post } from "../api.js";
import { useList, useResource } from "../data.js";
import { Ref } from "../links.js";
import { go, Link } from "../router.js";
import { can } from "../session.js";
import { attempt, Badge, Button, Card, Chart, Empty, Facts, Loading, Menu, Notice, Page, Table, Tabs, Time,
} from "../ui/index.js";
import { actionsOf, usePlanActs } from "./plan_acts.js";
import { Expiry } from "./plan_expiry.js";
import { fitting, optionWords, scopeInWords } from "./plan_words.js";
import { kindOf, LastRun, Status, strategyOf } from "./plans.js";
import "./plans.text.js";

// Those that its engine and method have.
const optionsOf = ({ options, source, method }) => Object.fromEntries([...fitting(source.engine, method, "maria"),
	["grace_seconds"]].map(([key]) => [key, options[key]]));

const basic = (p) => [
	[t("col.status"), html`<${Status} plan=${p} />`], [t("col.id"), html`<code>${p.id}</code>`],
	[t("col.instance"), html`<${Ref} ...${p.source} />`], [t("plans.engine"), label("engine", p.source.engine)],
	[t("col.region"), p.source.region || "–"],
	[t("col.pool"), html`<${Link} to="/pools" query=${{ q: p.pool.name }}>${p.pool.name}<//>`],
	[t("plans.strategy"), strategyOf(p)], [t("plans.timer"), timerInWords(p.timer)],
	[t("col.type"), kindOf(p)], [t("plan.step.what"), scopeInWords(p.scope)],
	[t("plans.retention"), t("plans.days", { n: p.retention_days })],
	[t("plans.last"), html`<${LastRun} run=${p.last_run} />`],
	[t("col.created"), html`<${Time} at=${p.created_at} />`],
	[t("col.updated"), html`<${Time} at=${p.updated_at} />`],
	p.remarks && [t("col.remarks"), p.remarks],
];

function Basic({ plan: p }) {
	const zone = p.timer?.timezone;
	return html`<${Card}><${Facts} items=${basic(p)} />
			<p><span class="muted">${t("plan.options")}:</span> ${optionWords(optionsOf(p))}</p><//>
		<${Card} title=${t("plan.next")}>${p.next_runs.length
			? html`<ol class="lines">${p.next_runs.map((at) => html`<li key=${at}>
				<${Time} at=${at} zone=${zone} /><span class="muted"><${Time} at=${at} ago /></span></li>`)}</ol>`
			: html`<p class="muted">${p.status_reason || t("plan.noruns")}</p>`}<//>`;
}

const isWhole = (b) => b.status == "completed";
const columns = () => [
	{ key: "name", label: t("col.name"), sort: "name", cell: (b) => html`<${Ref} ...${b} />` },
	{ key: "status", label: t("col.status"), cell: (b) => html`<${Badge} status=${b.status} title=${b.error?.detail} />` },
	{ key: "trigger", label: t("plan.trigger"), from: "m", cell: (b) => label("trigger", b.trigger) },
	{ key: "started", label: t("col.started"), sort: "started_at", cell: (b) => html`<${Time} at=${b.started_at} />` },
	{ key: "duration", label: t("col.duration"), end: true, from: "m", cell: (b) => between(b.started_at, b.finished_at) },
	{ key: "size", label: t("col.size"), sort: "stored_bytes", end: true,
		cell: (b) => `${bytes(b.source_bytes)} → ${bytes(b.stored_bytes)}` },
	{ key: "expires", label: t("plan.goes"), from: "l", cell: (b) => html`<${Time} at=${b.expires_at} />` },
];

// Files go into a folder: there is no instance of them to create.
const create = (b) => isWhole(b) && can("restore") && { label: t(/mysql|redis/.test(b.source.engine)
	? "plan.create" : "plan.restore"), to: "/restores/new", query: { backup: b.id } };

const Backups = ({ list }) => html`<${Table} label=${t("plan.tab.backups")} list=${list} columns=${columns()}
	actions=${(b) => [create(b)]} empty=${html`<${Empty} title=${t("plan.nobackups")} />`} />`;

function Charts({ id }) {
	const { data, ...rest } = useResource("/backups", { plan: id, status: "completed", limit: 500 }, { on: ["job"] });
	return html`<${Loading} of=${{ data, ...rest }}>${({ items }) => {
		const all = items.filter((b) => b.finished_at).reverse();
		if (!all.length) return html`<${Empty} title=${t("plan.nobackups")} />`;
		const seconds = (at) => Date.parse(at) / 1000;
		const times = all.map((b) => seconds(b.finished_at));
		const line = (key) => ({ label: t("plan." + key), values: all.map((b) => b[key]) });
		const took = all.map((b) => seconds(b.finished_at) - seconds(b.started_at));
		return html`<div class="grid">
			<${Card} title=${t("col.size")}><${Chart} label=${t("col.size")} times=${times} format=${bytes} bars
				series=${[{ ...line("source_bytes"), kind: "muted" }, line("stored_bytes")]} /><//>
			<${Card} title=${t("col.duration")}><${Chart} label=${t("col.duration")} times=${times} format=${duration} bars
				series=${[{ label: t("col.duration"), values: took }]} /><//>
		</div>`;
	}}<//>`;
}

function Drills({ plan: { options: { drill }, last_drill: last, next_drill_at: next, timer }, newest }) {
	// Of several provisioners one has to be named.
	const by = drill?.provider && { provider: drill.provider };
	const now = () => attempt(post(`/backups/${newest.id}/drill`, by || {}), t("plan.drilling", newest));
	return html`<${Card} title=${t("plan.drill")} actions=${newest && can("operate") && html`
		<${Button} label=${t("plan.drillnow")} onClick=${now} />`}>
		<p class="muted">${t("plan.drillhint")}</p>
		${last?.error && html`<${Notice} kind="bad">${last.error.detail}<//>`}
		<${Facts} items=${[
			[t("plan.step.when"), drill ? timerInWords(drill.timer) : t("plan.nodrill")],
			[t("plan.nextdrill"), html`<${Time} at=${next} zone=${timer?.timezone} />`],
			...(last ? [
				[t("plan.lastdrill"), html`<${Badge} status=${last.verdict} label=${last.verdict == "none" ? t("plan.nodrilled") : undefined} />
					${" "}<${Time} at=${last.at} ago />`],
				[t("col.duration"), duration(last.seconds)], [t("plan.compared"), count(last.rows || last.keys)],
				[t("kind.backup"), html`<${Ref} id=${last.backup_id} />`], [t("kind.job"), html`<${Ref} id=${last.job_id} />`],
			] : []),
		]} /><//>`;
}

function Body({ plan, reload }) {
	const [act, dialogs] = usePlanActs((kind) => (kind == "delete" ? go("/plans") : reload()));
	const list = useList("/backups", { plan: plan.id }, { on: ["job", "backup"] });
	const newest = list.items.find(isWhole);
	const from = newest && create(newest);
	const all = actionsOf(plan, act).filter(Boolean);
	const tab = (key, body) => ({ key, label: t("plan.tab." + key), body });
	const more = all.filter((x) => x.more);
	return html`<${Page} title=${plan.name} up=${{ to: "/plans", label: t("nav.plans") }} actions=${html`
		${all.filter((x) => !x.more).map((x) => html`<${Button} ...${x} key=${x.label} />`)}
		${from && html`<${Button} ...${from} />`}
		${more.length > 0 && html`<${Menu} label=${t("action.more")} items=${more} />`}`}>
		${plan.expiry_held && html`<${Notice} kind="warn">${plan.expiry_held.reason}
			${can("admin") && html` <${Button} kind="link" label=${t("plans.release")}
				onClick=${() => act("release", plan)} />`}<//>`}
		${plan.status == "overdue" && html`<${Notice} kind="bad">${plan.status_reason}<//>`}
		<${Tabs} tabs=${[
			tab("basic", () => html`<${Basic} plan=${plan} />`),
			tab("backups", () => html`<${Backups} list=${list} />`),
			tab("charts", () => html`<${Charts} id=${plan.id} />`),
			tab("expiry", () => html`<${Expiry} id=${plan.id} />`),
			tab("drills", () => html`<${Drills} plan=${plan} newest=${newest} />`),
		]} />
		${dialogs}
	<//>`;
}

export function Plan({ id }) {
	const plan = useResource("/plans/" + id, null, { on: ["plan", "job", "audit"] });
	return plan.data ? html`<${Body} plan=${plan.data} reload=${plan.reload} />`
		: html`<${Page} title=${t("col.plan")} up=${{ to: "/plans", label: t("nav.plans") }}>
			<${Loading} of=${plan} /><//>`;
}
