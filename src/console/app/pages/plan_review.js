// All of a plan in words, and the same for a shell.
//   Shell {method, path, sent}    as a curl line and a cofferctl line
import { html } from "../lib.js";
import { t, label } from "../i18n/index.js";
import { timerInWords } from "../format.js";
import { Code, Facts } from "../ui/index.js";
import { timerOf } from "./plan_form.js";
import { scopeOf } from "./backup_scope.js";
import { optionWords, scopeInWords } from "./plan_words.js";

const quoted = (doc) => `'${JSON.stringify(doc).replaceAll("'", `'\\''`)}'`;

export const Shell = ({ method, path, sent }) => html`
	<h3>curl</h3>
	<${Code} label="curl" text=${`curl -X ${method} -H "Authorization: Bearer $TOKEN" \\
  -H 'Content-Type: application/json' \\
  -d ${quoted(sent)} \\
  ${location.origin}/v1${path}`} />
	<h3>cofferctl</h3>
	<${Code} label="cofferctl" text=${`printf %s ${quoted(sent)} |\n  cofferctl api ${method} /v1${path} -`} />`;

export function Review({ v, source, pool, body, sent, path, method }) {
	return html`<${Facts} items=${[
			[t("col.name"), v.name], [t("col.instance"), source.name], [t("col.method"), label("method", v.method)],
			[t("plan.step.what"), scopeInWords(scopeOf(source.engine, v.method, v.scope))],
			[t("plan.step.when"), v.strategy == "timer" ? timerInWords(timerOf(v.timer)) : label("plans.strategy", "manual")],
			v.drills && [t("plan.drill"), timerInWords(timerOf(v.drill))],
			[t("plans.retention"), t("plans.days", { n: Number(v.days) })],
			[t("col.pool"), pool?.name], v.remarks && [t("col.remarks"), v.remarks],
		]} />
		<p><span class="muted">${t("plan.options")}:</span> ${optionWords(body.options)}</p>
		<h3>${t("plan.shell")}</h3>
		<p class="muted">${t("plan.shellhint")}</p>
		<${Shell} method=${method} path=${path} sent=${sent} />`;
}
