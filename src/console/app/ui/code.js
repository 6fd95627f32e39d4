// Code {text, label}: text to copy, as it is, with a button. label names it for screen readers.
import { html, useRef } from "../lib.js";
import { t } from "../i18n/index.js";
import { Button } from "./button.js";
import { toast } from "./toast.js";

// Where the page did not come over TLS there is no clipboard API: the text is selected instead.
async function copy(el, text) {
	try {
		await navigator.clipboard.writeText(text);
	} catch {
		getSelection().selectAllChildren(el);
		document.execCommand("copy");
	}
	toast(t("core.copied"));
}

export function Code({ text, label }) {
	const el = useRef();
	return html`<div class="code">
		<pre ref=${el} tabindex="0" role="region" aria-label=${label}>${text}</pre>
		<${Button} label=${t("action.copy")} onClick=${() => copy(el.current, text)} />
	</div>`;
}
