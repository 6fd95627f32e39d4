// What a restore would find and do, before it begins.
//   useCheck(form, backup)   {report, isReady, isLast, ...}: the server is asked anew each time that
//                            this step is entered
//   Findings {form, check, target, backup}   the report; what would be replaced has to be typed
import { html, useEffect, useState } from "../lib.js";
import { t } from "../i18n/index.js";
import { bytes } from "../format.js";
import { post } from "../api.js";
import { useRoute } from "../router.js";
import { Check, Facts, Notice, TextField } from "../ui/index.js";
import { bodyOf, isThrough } from "./restore_form.js";

// These go by what is ticked and typed here.
const TYPED = ["confirm_required", "target_not_empty"];

export function useCheck(form, backup) {
	const [report, setReport] = useState(null);
	const { v } = form;
	const run = async () => {
		setReport(null);
		setReport(await post("/restores/check", bodyOf({ ...v, typed: {} }, backup)));
	};
	const isLast = useRoute().query.step == "check";
	useEffect(() => {
		if (isLast) form.submit(run);
	}, [isLast, v.overwrite]);
	const blockers = report?.blockers.filter(({ code }) => !TYPED.includes(code)) || [];
	const needed = report?.blockers.length > blockers.length;
	const names = report?.would_replace || [];
	const isTyped = !needed || (v.overwrite && names.every((name) => v.typed[name] == name));
	return { report, blockers, names, needed, isLast, isReady: !!report && !blockers.length && isTyped };
}

const List = ({ title, items }) => items.length > 0 && html`<h3>${title}</h3>
	<ul class="goes" tabindex="0">${items.slice(0, 200).map((x) => html`<li key=${x}>${x}</li>`)}</ul>`;

// Of many names that of the target is typed, for all.
function Typing({ form: { v, set }, names, target }) {
	if (names.length <= 3) {
		return names.map((name) => html`<${TextField} key=${name} label=${t("core.type", { name })}
			value=${v.typed[name]} onInput=${(text) => set({ typed: { ...v.typed, [name]: text } })} />`);
	}
	const name = target?.name || v.path;
	const type = (text) => set({ word: text,
		typed: text == name ? Object.fromEntries(names.map((x) => [x, x])) : {} });
	return html`<${TextField} label=${t("restore.typeall", { name, n: names.length })} value=${v.word} onInput=${type} />`;
}

export function Findings({ form, check, target, backup }) {
	const { report, blockers, names, needed } = check;
	if (!report) return !form.problem && html`<p class="muted" role="status">${t("core.loading")}</p>`;
	return html`
		${blockers.map((x) => html`<${Notice} kind="bad" key=${x.detail}>${x.detail}<//>`)}
		${report.warnings.map((x) => html`<${Notice} kind="warn" key=${x.detail}>${x.detail}<//>`)}
		${!blockers.length && !needed && html`<${Notice} kind="good">${t("restore.clear")}<//>`}
		<${Facts} items=${[[t("restore.download"), bytes(report.download_bytes)]]} />
		<${List} title=${t("restore.creates")} items=${report.would_create} />
		<${List} title=${t("restore.replaces")} items=${names} />
		${needed && html`<${Check} label=${t("restore.overwrite")} hint=${t("core.irreversible")} checked=${form.v.overwrite}
			onInput=${(overwrite) => form.set({ overwrite, typed: {} })} />`}
		${needed && form.v.overwrite && html`
			${!isThrough(form.v, backup) && html`<${Check} label=${t("restore.first")} checked=${form.v.first}
				onInput=${(first) => form.set({ first })} />`}
			<${Typing} form=${form} names=${names} target=${target} />`}`;
}
