// Button {label, onClick, kind, to, query, type, disabled, title, isBusy}
//     kind: "primary" (one in a view), "danger", "link" (in rows), else plain. to: an anchor that
//     looks like a button. isBusy: disabled, and says so to screen readers.
// Menu {label, items: [{label, onClick, to, danger, disabled, title}], kind, text}
//     a button that opens a list of acts; arrows, Home, End, Escape. label names it (also for
//     screen readers), text is what it shows, label if absent. Items that are false are left out.
import { html, useEffect, useRef, useState } from "../lib.js";
import { href } from "../router.js";

export function Button({ label, kind = "", to, query, isBusy, disabled, type = "button", ...rest }) {
	const look = "button " + kind;
	if (to && !disabled) return html`<a class=${look} href=${href(to, query)} ...${rest}>${label}</a>`;
	return html`<button type=${type} class=${look} disabled=${disabled || isBusy} aria-busy=${!!isBusy}
		...${rest}>${label}</button>`;
}

const moves = { ArrowDown: (i, n) => (i + 1) % n, ArrowUp: (i, n) => (i + n - 1) % n,
	Home: () => 0, End: (i, n) => n - 1 };

function Popup({ items, anchor, close }) {
	const list = useRef();
	const buttons = () => [...list.current.querySelectorAll("button:not(:disabled)")];
	useEffect(() => {
		const { style } = list.current;
		const box = anchor.getBoundingClientRect();
		list.current.showPopover();
		const { offsetWidth: w, offsetHeight: h } = list.current;
		const below = box.bottom + h < innerHeight || box.top < h;
		style.left = Math.max(4, Math.min(box.right - w, innerWidth - w - 4)) + "px";
		style.top = (below ? box.bottom + 2 : box.top - h - 2) + "px";
		buttons()[0]?.focus();
		// What is scrolled elsewhere, as by content that arrives, leaves it open.
		const away = (e) => {
			const now = anchor.getBoundingClientRect();
			const isMoved = now.top != box.top || now.left != box.left;
			if (isMoved && !list.current?.contains(e.target)) close();
		};
		addEventListener("scroll", away, true);
		return () => removeEventListener("scroll", away, true);
	}, []);
	const onKeyDown = (e) => {
		if (e.key == "Tab") return close();
		if (!moves[e.key]) return;
		e.preventDefault();
		const all = buttons();
		all[moves[e.key](all.indexOf(document.activeElement), all.length)].focus();
	};
	const run = ({ onClick, to, query }) => {
		anchor.focus();
		close();
		if (to) location.hash = href(to, query);
		else onClick();
	};
	return html`<div class="popup" role="menu" popover="auto" ref=${list} onKeyDown=${onKeyDown}
		onToggle=${(e) => e.newState == "closed" && close()}>
		${items.map((item) => html`<button type="button" role="menuitem" tabindex="-1"
			class=${item.danger ? "danger" : ""} disabled=${item.disabled} title=${item.title}
			onClick=${() => run(item)}>${item.label}</button>`)}
	</div>`;
}

export function Menu({ label, items, kind = "", text = label }) {
	const [isOpen, setOpen] = useState(false);
	const button = useRef();
	const name = label.includes(text) ? label : `${label}: ${text}`;
	const onKeyDown = (e) => {
		if (e.key != "ArrowDown" || isOpen) return;
		e.preventDefault();
		setOpen(true);
	};
	return html`<button type="button" class=${"button menu " + kind} ref=${button} aria-label=${name}
		aria-haspopup="menu" aria-expanded=${isOpen} onKeyDown=${onKeyDown}
		onClick=${() => setOpen(!isOpen)}>${text}</button>
		${isOpen && html`<${Popup} items=${items.filter(Boolean)} anchor=${button.current}
			close=${() => setOpen(false)} />`}`;
}
