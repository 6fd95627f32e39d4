// What a list and a page say of a backup in the same words: components {backup}, and size(backup).
import { html } from "../lib.js";
import { t } from "../i18n/index.js";
import { bytes, percent } from "../format.js";
import { useProgress } from "../live.js";
import { Badge, Time } from "../ui/index.js";
import "./backups.text.js";

export function Status({ backup: { status, job_id, error } }) {
	const progress = useProgress(status == "backing_up" ? job_id : null);
	return html`<${Badge} status=${status} title=${error?.detail} />
		${progress?.percent != null && ` ${percent(progress.percent)}`}`;
}

export function Verified({ backup: { verify_status: status, verified_at: at } }) {
	if (status == "never") return "–";
	return html`<${Badge} status=${status} /> <${Time} at=${at} ago />`;
}

export const Expires = ({ backup: { expires_at } }) =>
	(expires_at ? html`<${Time} at=${expires_at} />` : t("backups.never"));

export const size = ({ source_bytes, stored_bytes }) =>
	(source_bytes || stored_bytes ? `${bytes(source_bytes)} → ${bytes(stored_bytes)}` : "–");
