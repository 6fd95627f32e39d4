// Dialog {title, onClose, children, buttons, wide}
//     a modal window while it is rendered; Escape calls onClose. buttons: vnode at its foot. For a
//     form put Form inside, with its own Buttons.
// Confirm {title, text, action, items, typeName, onConfirm, onClose, children, reversible}
//     asks before something goes. items: what goes with it, [{id, name, stored_bytes}] (as dry_run
//     gives), or null while that is read, or undefined when there is no such list. typeName: has to
//     be typed. action: the button's word. onConfirm may be async: its problem is shown in the
//     dialog, which stays; when it went well onClose is called.
import { html, useLayoutEffect, useRef, useState } from "../lib.js";
import { t } from "../i18n/index.js";
import { bytes } from "../format.js";
import { Button } from "./button.js";
import { Problems } from "./page.js";
import { TextField } from "./form.js";

let last = 0;

export function Dialog({ title, onClose, children, buttons, wide }) {
	const el = useRef();
	const id = useRef("dialog-" + ++last).current;
	useLayoutEffect(() => {
		const dialog = el.current;
		dialog.showModal();
		dialog.querySelector(".body :is(input, select, textarea), .foot button")?.focus();
		return () => dialog.close();
	}, []);
	const onCancel = (e) => {
		if (e.target != el.current) return;
		e.preventDefault();
		onClose();
	};
	return html`<dialog ref=${el} class=${wide ? "wide" : ""} aria-labelledby=${id} onCancel=${onCancel}>
		<div class="head"><h2 id=${id}>${title}</h2>
			<button type="button" class="x" aria-label=${t("action.close")} onClick=${onClose}>×</button></div>
		<div class="body">${children}</div>
		${buttons && html`<div class="buttons foot">${buttons}</div>`}
	</dialog>`;
}

function Goes({ items }) {
	if (items === undefined) return null;
	if (!items) return html`<p class="muted" role="status">${t("core.loading")}</p>`;
	if (!items.length) return html`<p>${t("core.goesnone")}</p>`;
	const all = items.reduce((sum, x) => sum + (x.stored_bytes || 0), 0);
	const size = all ? `, ${bytes(all)}` : "";
	return html`<p>${t("core.goes", { n: items.length, size })}</p>
		<ul class="goes" tabindex="0">${items.slice(0, 200).map((x) => html`<li key=${x.id}>
			<span>${x.name}</span> <span class="muted">${x.stored_bytes ? bytes(x.stored_bytes) : ""}</span>
		</li>`)}${items.length > 200 && html`<li>…</li>`}</ul>`;
}

export function Confirm(props) {
	const { title, text, action, items, typeName, onConfirm, onClose, children, reversible } = props;
	const [typed, setTyped] = useState("");
	const [state, setState] = useState({});
	const isReady = items !== null && (!typeName || typed == typeName);
	const run = async () => {
		setState({ isBusy: true });
		try {
			await onConfirm();
		} catch (problem) {
			return setState({ problem });
		}
		onClose();
	};
	return html`<${Dialog} title=${title} onClose=${onClose} buttons=${html`
		<${Button} label=${t("action.cancel")} onClick=${onClose} />
		<${Button} kind=${reversible ? "primary" : "danger"} label=${action || t("action.delete")}
			disabled=${!isReady} isBusy=${state.isBusy} onClick=${run} />`}>
		${text && html`<p>${text}</p>`}
		<${Goes} items=${items} />
		${children}
		${!reversible && html`<p><b>${t("core.irreversible")}</b></p>`}
		${typeName && html`<${TextField} label=${t("core.type", { name: typeName })} value=${typed}
			onInput=${setTyped} />`}
		<${Problems} problem=${state.problem} />
	<//>`;
}
