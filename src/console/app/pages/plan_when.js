// When: the fields of a timer, and what it comes to.
//   TimerFields {value, onInput, pointer}
//   Runs {timer}               its next five runs, in its zone and the viewer's, and what the
//                              clocks' changes do to them
//   usePreview(timer, count)   {runs, problem}: asked for when typing rests
import { html, useEffect, useState } from "../lib.js";
import { t } from "../i18n/index.js";
import { time, zone as mine } from "../format.js";
import { post } from "../api.js";
import { Choices, Notice, Problems, Select, TextField } from "../ui/index.js";
import { useIds } from "../ui/form.js";
import { CYCLES, isUsed } from "./plan_form.js";
import { edges, hits } from "./zones.js";

const ZONES = ["UTC", ...Intl.supportedValuesOf("timeZone").filter((z) => z != "UTC")];
const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const NUMBERS = [...Array(31).keys()].map((i) => [i + 1, i + 1]);

function Zone({ value, onInput, pointer }) {
	const id = useIds();
	return html`<${TextField} label=${t("plan.zone")} hint=${t("plan.zonehint")} list=${id}
			...${{ value, onInput, pointer }} />
		<datalist id=${id}>${ZONES.map((z) => html`<option value=${z} />`)}</datalist>`;
}

function At({ value, put, pointer }) {
	if (value.cycle == "hourly") {
		return html`<${TextField} label=${t("plan.minute")} type="number" min="0" pointer=${pointer + "/at"}
			value=${String(Number(value.at.slice(3)))}
			onInput=${(m) => put({ at: "00:" + String(m).padStart(2, "0") })} />`;
	}
	return html`<${TextField} label=${t("plan.at")} type="time" pointer=${pointer + "/at"}
		value=${value.at} onInput=${(at) => put({ at })} />`;
}

export function TimerFields({ value, onInput, pointer }) {
	const put = (change) => onInput({ ...value, ...change });
	const has = (key) => isUsed(value.cycle, key);
	const field = (key) => ({ value: value[key], values: value[key], pointer: `${pointer}/${key}`,
		onInput: (v) => put({ [key]: v }) });
	return html`<div class="row">
			<${Select} label=${t("plan.cycle")} ...${field("cycle")}
				options=${CYCLES.map((c) => [c, t("plan.cycle." + c)])} />
			${has("at") && html`<${At} ...${{ value, put, pointer }} />`}
		</div>
		${has("weekdays") && html`<${Choices} label=${t("plan.weekdays")} ...${field("weekdays")}
			options=${DAYS.map((d) => [d, t("weekday." + d)])} />`}
		${has("month_days") && html`<${Choices} label=${t("plan.monthdays")} ...${field("month_days")}
			options=${[...NUMBERS, ["last", t("timer.last")]]} hint=${t("plan.monthhint")} />`}
		${has("cron") && html`<${TextField} label=${t("plan.cron")} hint=${t("plan.cronhint")}
			...${field("cron")} class="mono" />`}
		<div class="row">
			<${TextField} label=${t(value.cycle == "once" ? "plan.date" : "plan.from")} type="date"
				optional=${value.cycle != "once"} ...${field("date")} />
			<${Zone} ...${field("timezone")} />
			<${Select} label=${t("plan.missed")} ...${field("missed")}
				options=${["run_once", "skip"].map((m) => [m, t("plan.missed." + m)])} />
		</div>`;
}

export function usePreview(timer, count = 5) {
	const [state, setState] = useState({});
	const text = JSON.stringify(timer);
	useEffect(() => {
		if (!timer) return;
		let isOver = false;
		const put = (s) => isOver || setState(s);
		const timeout = setTimeout(() =>
			post("/timers/preview", { timer, count }).then(put, (problem) => put({ problem })), 300);
		return () => {
			isOver = true;
			clearTimeout(timeout);
		};
	}, [text, count]);
	return state;
}

// Those that this timer meets stand out; others only where one of the runs shown lies behind it.
function Edges({ timer, runs }) {
	const last = Date.parse(runs.at(-1)?.at);
	return edges(timer.timezone).map((edge) => {
		const isHit = hits(edge, timer);
		if (!isHit && !(edge.at < last)) return null;
		const { date, from, to, isForward } = edge;
		const vars = { date, from, to, zone: timer.timezone };
		return html`<${Notice} key=${date} kind=${isHit ? "warn" : ""}>
			${t(isForward ? "plan.forward" : "plan.backward", vars)}
			${isHit && " " + t(isForward ? "plan.gap" : "plan.twice", vars)}<//>`;
	});
}

export function Runs({ timer }) {
	const { runs, problem } = usePreview(timer);
	return html`<h3>${t("plan.next")}</h3>
		<div aria-live="polite">
		${problem && html`<${Problems} problem=${problem.errors?.[0] || problem} />`}
		${runs?.length == 0 && html`<p class="muted">${t("plan.noruns")}</p>`}
		${runs?.length > 0 && html`<ol class="lines">${runs.map(({ at, local }) => html`<li key=${at}>
			<span><b>${local.slice(0, 16).replace("T", " ")}</b> ${timer.timezone}</span>
			${timer.timezone != mine() && html`<span class="muted">${time(at)} ${mine()}</span>`}</li>`)}</ol>
			<${Edges} timer=${timer} runs=${runs} />`}
		</div>`;
}
