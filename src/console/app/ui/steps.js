// Steps {steps, onFinish, finish, isBusy, problem, onCancel, extra, isKnown}: a wizard.
//     steps: [{key, label, body: () => vnode, leave: async () => false | anything}]; leave is asked
//     on "Next" and keeps the step when it gives false. The open step lies in the hash's query
//     ("step"). finish: the word of the last button, onFinish its act. extra: vnode beside the
//     buttons. problem: what the last act threw; its words stand at their fields as in a Form. One may
//     go back to each step that was passed, and to all of them when isKnown is set.
import { html, useEffect, useRef, useState } from "../lib.js";
import { t } from "../i18n/index.js";
import { useRoute, setQuery } from "../router.js";
import { Button } from "./button.js";
import { Form } from "./form.js";

export function Steps({ steps, onFinish, finish, isBusy, problem, onCancel, extra, isKnown }) {
	const { query } = useRoute();
	const heading = useRef();
	const [passed, setPassed] = useState(isKnown ? steps.length - 1 : 0);
	const [isLeaving, setLeaving] = useState(false);
	const wanted = steps.findIndex(({ key }) => key == query.step);
	const at = Math.max(0, Math.min(wanted, passed));
	const isLast = at == steps.length - 1;
	const open = (i) => {
		setQuery({ step: steps[i].key });
		setPassed((p) => Math.max(p, i));
	};
	useEffect(() => heading.current.focus(), [at]);
	const next = async () => {
		if (isLast) return onFinish();
		setLeaving(true);
		const may = await steps[at].leave?.();
		setLeaving(false);
		if (may !== false) open(at + 1);
	};
	const buttons = html`${extra}
		${onCancel && html`<${Button} label=${t("action.cancel")} onClick=${onCancel} />`}
		${at > 0 && html`<${Button} label=${t("action.back")} onClick=${() => open(at - 1)} />`}
		<${Button} type="submit" kind="primary" label=${isLast ? finish : t("action.next")}
			isBusy=${isBusy || isLeaving} />`;
	return html`<${Form} onSubmit=${next} problem=${problem} buttons=${buttons}>
		<ol class="steps" aria-label=${t("core.step", { a: at + 1, b: steps.length })}>
			${steps.map(({ label }, i) => html`<li aria-current=${i == at ? "step" : undefined}
				class=${i < at ? "done" : ""}>${i != at && i <= passed
				? html`<button type="button" onClick=${() => open(i)}>${label}</button>`
				: html`<span>${label}</span>`}</li>`)}
		</ol>
		<section class="card" key=${steps[at].key}>
			<h2 tabindex="-1" ref=${heading}>${steps[at].label}</h2>
			${steps[at].body()}
		</section>
	<//>`;
}
