// The wizard of a plan: a new one (?source=ID: of that instance), a copy of one (?from=ID), or a
// change of one (?edit=ID).
import { html, useEffect } from "../lib.js";
import { t, label } from "../i18n/index.js";
import { bytes, engine } from "../format.js";
import { patch, post } from "../api.js";
import { useResource } from "../data.js";
import { go, setQuery, useRoute } from "../router.js";
import { Button, Check, Empty, Facts, Loading, Page, Radios, Select, Steps, TextField, toast, useForm,
} from "../ui/index.js";
import { Scope } from "./backup_scope.js";
import { bodyOf, change, timerOf, valuesOf } from "./plan_form.js";
import { Keep } from "./plan_keep.js";
import { Review } from "./plan_review.js";
import { Runs, TimerFields } from "./plan_when.js";
import { fitting } from "./plan_words.js";
import "./plans.text.js";

const nameProblem = (name) => (/^[A-Za-z][A-Za-z0-9._-]{0,63}$/.test(name) ? "" : t("plan.name.rule"));

// Which step has the field that a pointer names.
const STEPS = [[/^\/(name|remarks|source)/, "source"], [/^\/(method|scope)/, "what"],
	[/^\/(strategy|timer|options\/(drill|grace))/, "when"], [/^\/options/, "what"], [/^\/retention/, "keep"],
	[/^\/pool/, "where"]];
const stepOf = (pointer = "") => STEPS.find(([pattern]) => pattern.test(pointer))?.[1];

function From({ form, sources, source }) {
	const choose = (id) => form.set({ source: id, scope: {}, method: sources.find((s) => s.id == id).methods[0] });
	return html`<${TextField} label=${t("col.name")} pointer="/name" max="64" check=${nameProblem}
			hint=${t("plan.name.rule")} ...${form.bind("name")} />
		<${Select} label=${t("col.instance")} pointer="/source" value=${source.id} onInput=${choose}
			options=${sources.map((s) => [s.id, `${s.name} (${engine(s.engine, s.version)}, ${label("status", s.status)})`])} />
		<${TextField} label=${t("col.remarks")} pointer="/remarks" optional ...${form.bind("remarks")} />`;
}

function Option({ form, name, kind }) {
	const { options } = form.v;
	const onInput = (value) => form.set({ options: { ...options, [name]: value } });
	const given = { label: t("option." + name), pointer: "/options/" + name, onInput };
	if (kind == "check") return html`<${Check} ...${given} checked=${!!options[name]} />`;
	return html`<${TextField} ...${given} type=${kind} optional value=${String(options[name] ?? "")} />`;
}

function What({ form, source }) {
	const { v, set, bind } = form;
	const shown = ([key]) => (key != "full_every" || v.options.incremental);
	return html`${source.methods.length > 1 && html`<${Radios} label=${t("col.method")} value=${v.method}
			onInput=${(method) => set({ method, scope: {} })}
			options=${source.methods.map((m) => [m, label("method", m), t("plan.method." + m)])} />`}
		<${Scope} key=${source.id + v.method} source=${source} method=${v.method} ...${bind("scope")} />
		<details><summary>${t("plan.options")}</summary>
			${fitting(source.engine, v.method, source.version).filter(shown).map(([key, kind]) => html`<${Option}
				key=${key} form=${form} name=${key} kind=${kind} />`)}
			<${TextField} label=${t("plan.grace")} type="number" min="1" step="any"
				pointer="/options/grace_seconds" ...${bind("grace")} />
		</details>`;
}

const providersOf = (all, kind) =>
	all.filter(({ engines }) => engines.some((e) => e.engine == kind)).map(({ name }) => [name, name]);

function Drill({ form, providers }) {
	const { v, set, bind } = form;
	if (!providers.length && !v.drills) return null;
	return html`<h3>${t("plan.drill")}</h3>
		<${Check} label=${t("plan.drills")} hint=${t("plan.drillhint")} checked=${v.drills} pointer="/options/drill"
			onInput=${(drills) => set({ drills })} />
		${v.drills && html`${providers.length > 1 && html`<${Select} label=${t("plan.provider")}
			pointer="/options/drill/provider" options=${[["", "–"], ...providers]} ...${bind("provider")} />`}
			<${TimerFields} pointer="/options/drill/timer" ...${bind("drill")} />`}`;
}

function When({ form, providers }) {
	const { v, bind } = form;
	return html`<${Radios} label=${t("plans.strategy")} ...${bind("strategy")} options=${["timer", "manual"]
			.map((s) => [s, label("plans.strategy", s), t("plan.strategy." + s)])} />
		${v.strategy == "timer" && html`<${TimerFields} pointer="/timer" ...${bind("timer")} />
			<${Runs} timer=${timerOf(v.timer)} />`}
		<${Drill} form=${form} providers=${providers} />`;
}

function Where({ form, pools }) {
	const pool = pools.find(({ id }) => id == form.v.pool);
	return html`<${Select} label=${t("col.pool")} pointer="/pool" ...${form.bind("pool")}
			options=${pools.map((p) => [p.id, `${p.name} (${label("status", p.status)})`])} />
		${pool && html`<${Facts} items=${[
			[t("plan.poolpath"), pool.local_directory?.path
				|| [pool.object_storage?.bucket, pool.object_storage?.prefix].filter(Boolean).join("/")],
			[t("plan.poolsize"), bytes(pool.stored_bytes)],
			[t("plan.poolkey"), t(pool.encryption ? "plan.yes" : "plan.no")],
		]} />`}`;
}

function Wizard({ plan = {}, isEdit, sources, pools, providers }) {
	const { query } = useRoute();
	const wanted = sources.find(({ id }) => id == query.source) || sources[0];
	const first = valuesOf(plan, wanted, pools.find((p) => p.status == "available") || pools[0]);
	const form = useForm(isEdit ? first : { ...first, name: plan.name ? plan.name + "-copy" : "" });
	const { v } = form;
	const source = sources.find(({ id }) => id == v.source);
	const body = bodyOf(v, source);
	const sent = isEdit ? change(bodyOf(first, sources.find(({ id }) => id == first.source)), body) : body;
	const path = isEdit ? `/plans/${plan.id}` : "/plans";
	const may = (fn) => async () => (await form.submit(fn)) !== undefined;
	const named = () => {
		const detail = nameProblem(v.name);
		if (detail) throw { detail, errors: [{ pointer: "/name", detail }] };
	};
	const timed = () => v.strategy == "timer" && post("/timers/preview", { timer: timerOf(v.timer), count: 1 });
	const save = () => form.submit(async () => {
		const made = await (isEdit ? patch(path, sent, plan.revision) : post(path, sent));
		toast(t(isEdit ? "plan.changed" : "plan.made", made));
		go("/plans/" + made.id);
	});
	useEffect(() => {
		const step = stepOf(form.problem?.errors?.[0]?.pointer);
		if (step) setQuery({ step });
	}, [form.problem]);
	const step = (key, more) => ({ key, label: t("plan.step." + key), ...more });
	return html`<${Steps} problem=${form.problem} isBusy=${form.isBusy} onFinish=${save} isKnown=${isEdit}
		finish=${t(isEdit ? "action.save" : "plans.create")} onCancel=${() => go("/plans")} steps=${[
			step("source", { leave: may(named), body: () => html`<${From} ...${{ form, sources, source }} />` }),
			step("what", { body: () => html`<${What} ...${{ form, source }} />` }),
			step("when", { leave: may(timed), body: () => html`<${When} form=${form}
				providers=${providersOf(providers, source.engine)} />` }),
			step("keep", { body: () => html`<${Keep} form=${form} id=${isEdit && plan.id} />` }),
			step("where", { body: () => html`<${Where} form=${form} pools=${pools} />` }),
			step("review", { body: () => html`<${Review} v=${v} source=${source} body=${body} sent=${sent} path=${path}
				method=${isEdit ? "PATCH" : "POST"} pool=${pools.find(({ id }) => id == v.pool)} />` }),
		]} />`;
}

function Missing({ kind }) {
	return html`<${Empty} title=${t("plan.missing." + kind)}><p>${t("plan.missing.hint")}</p>
		<div><${Button} kind="primary" to=${"/" + kind} label=${t("nav." + kind)} /></div><//>`;
}

export function NewPlan() {
	const { query } = useRoute();
	const id = query.edit || query.from;
	const all = { limit: 500, sort: "name" };
	const sources = useResource("/sources", all);
	const pools = useResource("/pools", all);
	const providers = useResource("/provisioners");
	const old = useResource(id && "/plans/" + id);
	const plan = id ? old : { data: {} };
	const title = query.edit ? t("plan.edit", { name: plan.data?.name || "" }) : t("plans.create");
	const body = (p, s, q, r) => {
		if (!s.items.length || !q.items.length) return html`<${Missing} kind=${s.items.length ? "pools" : "instances"} />`;
		return html`<${Wizard} plan=${p} isEdit=${!!query.edit} sources=${s.items} pools=${q.items} providers=${r.items} />`;
	};
	return html`<${Page} title=${title} up=${{ to: "/plans", label: t("nav.plans") }}>
		<${Loading} of=${plan}>${(p) => html`<${Loading} of=${sources}>${(s) => html`<${Loading} of=${pools}>${(q) => html`
			<${Loading} of=${providers}>${(r) => body(p, s, q, r)}<//>`}<//>`}<//>`}<//>
	<//>`;
}
