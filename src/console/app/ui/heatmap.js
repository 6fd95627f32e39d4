// Heatmap {label, days, words, onOpen}: a calendar, a column for each week, Monday on top.
//     days: [{date: "2026-11-22", good: N, bad: N}], oldest first, without gaps. words(day): what
//     it means, said of the day that the pointer or the focus is on. onOpen(day): a click or
//     Enter. One day is in the tab order; the arrow keys go from day to day.
import { html, useEffect, useRef, useState } from "../lib.js";
import { t } from "../i18n/index.js";

const moves = { ArrowUp: -1, ArrowDown: 1, ArrowLeft: -7, ArrowRight: 7, Home: -1e9, End: 1e9 };
const names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const weekday = (date) => (new Date(date + "T00:00:00Z").getUTCDay() + 6) % 7;

function look({ good, bad }, most) {
	if (bad) return good ? "mixed" : "bad";
	return good ? "g" + Math.ceil((good / most) * 4) : "";
}

export function Heatmap({ label, days, words, onOpen }) {
	const grid = useRef();
	const [at, setAt] = useState(days.length - 1);
	const most = Math.max(1, ...days.map((d) => d.good));
	useEffect(() => void (grid.current.scrollLeft = grid.current.scrollWidth), []);
	const offset = weekday(days[0]?.date || "2024-01-01");
	const onKeyDown = (e) => {
		if (!moves[e.key]) return;
		e.preventDefault();
		const i = Math.min(days.length - 1, Math.max(0, at + moves[e.key]));
		setAt(i);
		grid.current.querySelector(`[data-i="${i}"]`).focus();
	};
	const cell = (d, i) => html`<button type="button" key=${d.date} data-i=${i}
		class=${"day " + look(d, most)} tabindex=${i == at ? 0 : -1} aria-label=${words(d)}
		style=${{ gridColumn: Math.floor((i + offset) / 7) + 2, gridRow: ((i + offset) % 7) + 1 }}
		onFocus=${() => setAt(i)} onMouseEnter=${() => setAt(i)} onClick=${() => onOpen?.(d)}>${
			d.bad ? "!" : ""}</button>`;
	return html`<figure class="heatmap">
		<div class="days" role="group" aria-label=${label} ref=${grid} onKeyDown=${onKeyDown}>
			${names.map((n, i) => i % 2 == 0 && html`<span class="hint" key=${n} aria-hidden="true"
				style=${{ gridRow: i + 1, gridColumn: 1 }}>${t("weekday." + n)}</span>`)}
			${days.map(cell)}
		</div>
		<figcaption>
			<span>${days[at] && words(days[at])}</span>
			<span class="legend" aria-hidden="true">${t("core.less")}
				${["", "g1", "g2", "g3", "g4"].map((g) => html`<i class=${"day " + g}></i>`)}
				${t("core.moreruns")} <i class="day bad">!</i> ${t("status.failed")}</span>
		</figcaption>
	</figure>`;
}
