// What of a backup is restored. Databases and tables are picked from what it holds; the contents of
// a folder or bucket are browsed, and taken over as patterns.
import { html, useState } from "../lib.js";
import { t } from "../i18n/index.js";
import { bytes } from "../format.js";
import { useResource } from "../data.js";
import { Button, Check, Loading, Select, TextField } from "../ui/index.js";
import { Scope } from "./backup_scope.js";
import { isThrough } from "./restore_form.js";

// What a pattern would read as its own stands for one character each.
const literal = (path) => path.replace(/[*?[\]\\]/g, "?");

function Browse({ backup, take }) {
	const [folder, setFolder] = useState("");
	const list = useResource(`/backups/${backup.id}/contents`, { folder, limit: 200 });
	const up = folder.replace(/\/$/, "").split("/").slice(0, -1).join("/");
	const isFolder = (x) => x.type == "directory";
	// Without a slash it would fit that name in any folder.
	const fromTop = (path) => (path.includes("/") ? path : "/" + path);
	const pattern = (x) => fromTop(literal(x.path).replace(/\/$/, "") + (isFolder(x) ? "/**" : ""));
	return html`<h3>${t("restore.browse", { path: folder || "/" })}</h3>
		<${Loading} of=${list}>${({ items, next }) => html`<ul class="choose" aria-label=${t("restore.contents")}>
			${folder && html`<li><${Button} kind="link" label="‹ .." aria-label=${t("restore.up")}
				onClick=${() => setFolder(up)} /></li>`}
			${items.map((x) => html`<li class="choose-row" key=${x.path}>
				${isFolder(x) ? html`<${Button} kind="link" label=${x.name + "/"} onClick=${() => setFolder(x.path)} />` : x.name}
				<span class="muted">${!isFolder(x) && bytes(x.bytes)}</span>
				<${Button} kind="link" label=${t("restore.take")} aria-label=${`${t("restore.take")}: ${x.path}`}
					onClick=${() => take(pattern(x))} /></li>`)}
			${next && html`<li class="muted">…</li>`}
		</ul>`}<//>`;
}

export function Parts({ form: { v, set, bind }, backup }) {
	const { engine } = backup.source;
	// What files hold is known when an instance reads them: names are those of the source, or typed.
	const isUnread = isThrough(v, backup);
	const isTree = engine == "files" || engine == "objects";
	const put = (scope) => set({ scope, typed: {} });
	const take = (pattern) => put({ ...v.scope, include: [...new Set([...(v.scope.include || []), pattern])] });
	return html`<${Scope} source=${backup.source} method=${isUnread ? "logical" : backup.method}
			backup=${!isUnread && backup.id} value=${v.scope} onInput=${put} />
		${isUnread && v.scope.isSome && html`<p class="muted">${t("restore.namesnow", backup.source)}</p>`}
		${isTree && v.scope.isSome && html`<${Browse} backup=${backup} take=${take} />`}
		${engine == "mysql" && html`
			${!isUnread && html`<${Check} label=${t("restore.accounts")} pointer="/options/accounts" checked=${v.accounts}
				onInput=${(accounts) => set({ accounts })} />`}
			<${Select} label=${t("restore.definer")} pointer="/options/definer" ...${bind("definer")}
				options=${["keep", "replace"].map((d) => [d, t("restore.definer." + d)])} />
			<${TextField} label=${t("restore.parallel")} pointer="/options/parallelism" type="number" min="1"
				placeholder="4" optional ...${bind("parallel")} />`}`;
}
