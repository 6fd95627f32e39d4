// Chart {label, times, series: [{label, values, kind}], format, height, bars}
//     times: seconds since 1970, rising; values: as many numbers (null: a gap). format: writes a
//     value (bytes, duration, ...). kind of a series: a colour, "accent" (the first one's), "bad",
//     "good", "warn". bars instead of lines. Below it the values at the pointer. Screen readers are
//     told label and the newest values. uPlot is loaded when the first chart is shown.
import { html, useEffect, useRef, useState } from "../lib.js";
import { useLanguage } from "../i18n/index.js";
import { theme } from "../theme.js";
import { bytes, day } from "../format.js";

function colour(el, name) {
	el.style.color = `var(--${name})`;
	const { color } = getComputedStyle(el);
	el.style.color = "";
	return color;
}

const faint = (color) => color.replace(/^rgb\(/, "rgba(").replace(")", ", 0.15)");

// Round steps of bytes are powers of two.
const powers = [...Array(50)].map((_, i) => 2 ** i);
const rounds = (format) => (format == bytes ? { incrs: powers } : {});

function axes(el, format) {
	const line = { stroke: colour(el, "muted"), grid: { stroke: colour(el, "line"), width: 1 },
		ticks: { show: false }, font: "12px system-ui" };
	return [
		{ ...line, grid: { show: false }, space: 80,
			values: (u, all) => all.map((s) => day(s * 1000).slice(5)) },
		{ ...line, size: 72, values: (u, all) => all.map(format), ...rounds(format) },
	];
}

function options(el, { series, format, height, bars }, UPlot, setAt) {
	return {
		width: Math.max(200, el.clientWidth), height, legend: { show: false },
		cursor: { y: false, drag: { x: false, y: false } },
		hooks: { setCursor: [(u) => setAt(u.cursor.idx)] },
		scales: { y: { range: (u, min, max) => [0, max > 0 ? max * 1.05 : 1] } },
		axes: axes(el, format),
		series: [{}, ...series.map(({ kind = "accent" }) => {
			const stroke = colour(el, kind);
			return { stroke, width: 1.5, fill: faint(stroke), points: { show: false },
				paths: bars ? UPlot.paths.bars({ size: [0.7, 24] }) : undefined };
		})],
	};
}

export function Chart({ label, times, series, format = String, height = 180, bars }) {
	const el = useRef();
	const [at, setAt] = useState(null);
	const words = useLanguage();
	const look = theme.use();
	useEffect(() => {
		let plot;
		let isGone = false;
		const box = el.current;
		const watch = new ResizeObserver(() =>
			isGone || plot.setSize({ width: Math.max(200, box.clientWidth), height }));
		import("../../vendor/uplot.js").then(({ default: UPlot }) => {
			if (isGone || !el.current) return;
			const data = [times, ...series.map((s) => s.values)];
			plot = new UPlot(options(box, { series, format, height, bars }, UPlot, setAt), data, box);
			watch.observe(box);
		});
		return () => {
			isGone = true;
			watch.disconnect();
			plot?.destroy();
		};
	}, [JSON.stringify([times, series]), words, look, height]);
	const i = at ?? times.length - 1;
	const value = ({ values }) => (values[i] == null ? "–" : format(values[i]));
	const now = times.length ? `${day(times[i] * 1000)}: ` +
		series.map((s) => `${s.label} ${value(s)}`).join(", ") : "";
	return html`<figure class="chart">
		<div role="img" aria-label=${`${label}. ${now}`} ref=${el}></div>
		<figcaption aria-hidden="true">${now}</figcaption>
	</figure>`;
}
