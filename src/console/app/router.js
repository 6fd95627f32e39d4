// Where we are, by the hash: "#/backups/bak_1?tab=parts" is path "/backups/bak_1", parts
// ["backups", "bak_1"], query {tab: "parts"}.
//
//   useRoute()               -> {path, parts, query}; renders again when it changes
//   go(path, query)          a step that "back" undoes
//   setQuery(change)         changes members of the query in place ("" or null takes one away);
//                            filters, sorting, tabs and wizard steps live there, so that a view
//                            can be bookmarked
//   href(path, query)        "#/path?..."
//   Link {to, query, class}  an anchor to it
//   usePages(pages)          for the shell: that of [{path: "/backups/:id", ...}] which is asked for,
//                          as {page, props}
import { html, store } from "./lib.js";
import { query as text } from "./api.js";

function read() {
	const [path, q] = (location.hash.slice(1) || "/").split("?");
	return {
		path,
		parts: path.split("/").filter(Boolean).map(decodeURIComponent),
		query: Object.fromEntries(new URLSearchParams(q)),
	};
}

const route = store(read());
addEventListener("hashchange", () => route.set(read()));

export const useRoute = () => route.use();
export const currentRoute = () => route.get();
export const href = (path, query) => "#" + path + text(query);

export const go = (path, query) => {
	location.hash = href(path, query);
};

export function setQuery(change) {
	const { path, query } = route.get();
	history.replaceState(null, "", href(path, { ...query, ...change }));
	route.set(read());
}

export const Link = ({ to, query, children, ...rest }) =>
	html`<a href=${href(to, query)} ...${rest}>${children}</a>`;

function match(pattern, parts) {
	const want = pattern.split("/").filter(Boolean);
	if (want.length != parts.length) return null;
	const props = {};
	const fits = want.every((w, i) => (w[0] == ":" ? (props[w.slice(1)] = parts[i]) : w == parts[i]));
	return fits ? props : null;
}

export function usePages(pages) {
	const { parts } = useRoute();
	for (const page of pages) {
		const props = match(page.path, parts);
		if (props) return { page, props };
	}
	return null;
}
