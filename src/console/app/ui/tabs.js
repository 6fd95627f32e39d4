// Tabs {tabs: [{key, label, body: () => vnode}], name = "tab"}: the open one lies in the hash's
// query under `name`; the first one without it. Arrow keys, Home and End change it.
import { html, useRef } from "../lib.js";
import { useRoute, setQuery } from "../router.js";

const moves = { ArrowRight: 1, ArrowLeft: -1, Home: -1e9, End: 1e9 };

export function Tabs({ tabs, name = "tab" }) {
	const bar = useRef();
	const { query } = useRoute();
	const at = Math.max(0, tabs.findIndex(({ key }) => key == query[name]));
	const open = (i) => setQuery({ [name]: i ? tabs[i].key : "" });
	const onKeyDown = (e) => {
		if (!moves[e.key]) return;
		e.preventDefault();
		const i = Math.min(tabs.length - 1, Math.max(0, at + moves[e.key]));
		open(i);
		bar.current.children[i].focus();
	};
	return html`<div class="tabs" role="tablist" ref=${bar} onKeyDown=${onKeyDown}>
			${tabs.map(({ key, label }, i) => html`<button
				type="button" role="tab" id=${"tab-" + key} aria-selected=${i == at}
				aria-controls=${"panel-" + key} tabindex=${i == at ? 0 : -1}
				onClick=${() => open(i)}>${label}</button>`)}
		</div>
		<div role="tabpanel" id=${"panel-" + tabs[at].key} aria-labelledby=${"tab-" + tabs[at].key}
			key=${tabs[at].key}>${tabs[at].body()}</div>`;
}
