// What pages show of jobs.
//   JobProgress {job, label}   phase, rate, bar and time left of one that runs; label for the bar
import { html } from "../lib.js";
import { t, label as word } from "../i18n/index.js";
import { rate, duration, percent } from "../format.js";
import { useProgress } from "../live.js";
import { Progress, Badge } from "../ui/index.js";
import "./phases.text.js";

export function JobProgress({ job, label }) {
	const p = useProgress(job.id) || job.progress || {};
	if (job.status != "running") return html`<${Badge} status=${job.status} />`;
	const parts = [
		word("phase", p.phase || "start"), p.percent != null && percent(p.percent),
		p.bytes_per_second > 0 && rate(p.bytes_per_second),
		p.eta_seconds != null && t("job.left", { time: duration(p.eta_seconds) }),
	];
	return html`<div class="progress">
		<${Progress} percent=${p.percent} label=${label} />
		<span class="muted">${parts.filter(Boolean).join(" · ")}</span>
	</div>`;
}
