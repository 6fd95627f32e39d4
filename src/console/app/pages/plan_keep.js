// How long backups are kept, and what that comes to.
//   Keep {form, id}     id: of a plan that is there
import { html } from "../lib.js";
import { t } from "../i18n/index.js";
import { day } from "../format.js";
import { TextField } from "../ui/index.js";
import { Expiry } from "./plan_expiry.js";
import { timerOf } from "./plan_form.js";
import { usePreview } from "./plan_when.js";

// By the timer's next thousand runs.
function Estimate({ timer, days }) {
	const { runs } = usePreview(timer, 1000);
	if (!runs?.length || !(days > 0)) return null;
	const end = Date.parse(runs[0].at) + days * 864e5;
	const n = runs.filter(({ at }) => Date.parse(at) < end).length;
	return html`<p>${t("plan.estimate", { n, date: day(end), more: n == 1000 ? "≥ " : "" })}</p>`;
}

export function Keep({ form, id }) {
	const { v, bind } = form;
	return html`<${TextField} label=${t("plan.retention")} type="number" min="1"
			pointer="/retention_days" hint=${t("plan.retentionhint")} ...${bind("days")} />
		${v.strategy == "timer" && html`<${Estimate} timer=${timerOf(v.timer)} days=${Number(v.days)} />`}
		<p class="muted">${t("plan.lastone")}</p>
		${id && html`<h3>${t("plan.expiry")}</h3><p class="muted">${t("plan.oldkeep")}</p><${Expiry} id=${id} />`}`;
}
