// Each backup of a plan: when it goes, or why it stays.
//   Expiry {id}
import { html } from "../lib.js";
import { t } from "../i18n/index.js";
import { bytes } from "../format.js";
import { useResource } from "../data.js";
import { Link } from "../router.js";
import { Loading, Table, Time } from "../ui/index.js";

const columns = () => [
	{ key: "name", label: t("col.name"), cell: (x) => html`<${Link} to=${"/backups/" + x.id}>${x.name}<//>` },
	{ key: "size", label: t("col.size"), end: true, cell: (x) => bytes(x.stored_bytes) },
	{ key: "goes_at", label: t("plan.goes"), cell: (x) => (x.goes_at ? html`<${Time} at=${x.goes_at} />` : t("plan.stays")) },
	{ key: "reason", label: t("plan.why"), wrap: true },
];

export function Expiry({ id }) {
	const expiry = useResource(`/plans/${id}/expiry`, null, { on: ["backup", "job"] });
	return html`<${Loading} of=${expiry}>${({ items }) => html`<${Table} label=${t("plan.expiry")} columns=${columns()}
		rows=${items} empty=${html`<p class="muted">${t("plan.nobackups")}</p>`} />`}<//>`;
}
