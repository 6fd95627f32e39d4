// Links to what ids name.
//   linkOf(id)          the path of "bak_..." and the like, or null
//   Ref {id, name}      a link to it, called by its name
//   Named {id}          the same where the name is not known: it is read
import { html } from "./lib.js";
import { useResource } from "./data.js";
import { Link } from "./router.js";

const kinds = { src: ["instances", "sources"], pool: ["pools"], plan: ["plans"], bak: ["backups"],
	res: ["restores"], job: ["jobs"] };
const kindOf = (id) => kinds[(id || "").split("_")[0]];

export const linkOf = (id) => kindOf(id) && `/${kindOf(id)[0]}/${id}`;

export function Ref({ id, name = id }) {
	const to = linkOf(id);
	return to ? html`<${Link} to=${to}>${name}<//>` : name || "–";
}

export function Named({ id }) {
	const [page, path = page] = kindOf(id) || [];
	const { data } = useResource(path && `/${path}/${id}`);
	return html`<${Ref} id=${id} name=${data?.name} />`;
}
