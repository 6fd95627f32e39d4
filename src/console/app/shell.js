// What stands around each page: navigation, header, the line "reconnecting", messages; or the
// login page, as long as nobody is signed in.
//
// Shell {pages: [{path: "/backups/:id", load: () => import(...), name: "Backup"}]}
import { html, useEffect, useState } from "./lib.js";
import { t, useLanguage, setLanguage } from "./i18n/index.js";
import { Link, useRoute, usePages, go } from "./router.js";
import { session, resume, signOut } from "./session.js";
import { startLive, stopLive, useLiveState } from "./live.js";
import { theme, setTheme } from "./theme.js";
import { Menu, Toasts, Page, Problems } from "./ui/index.js";
import { Login } from "./pages/login.js";

const items = [["/", "overview"], ["/instances"], ["/backups"], ["/pools"], ["/plans"], ["/restores"],
	["/jobs"], ["/events"], ["/settings"]];

function Nav({ isOpen, close }) {
	const { parts } = useRoute();
	const here = "/" + (parts[0] || "");
	return html`<nav class=${isOpen ? "side open" : "side"} id="side" aria-label=${t("core.menu")}>
		${items.map(([to, name = to.slice(1)]) => html`<${Link} to=${to} onClick=${close}
			aria-current=${to == here ? "page" : undefined}>${t("nav." + name)}<//>`)}
	</nav>`;
}

const Language = () => html`<${Menu} kind="quiet" label=${t("core.language")}
	text=${useLanguage() == "zh" ? "中文" : "EN"}
	items=${[["en", "English"], ["zh", "简体中文"]].map(([l, label]) =>
		({ label, onClick: () => setLanguage(l) }))} />`;

const Theme = () => html`<${Menu} kind="quiet" label=${t("core.theme")}
	text=${{ "": "◐", light: "☀", dark: "☾" }[theme.use()]}
	items=${["", "light", "dark"].map((v) => ({ label: t("theme." + v), onClick: () => setTheme(v) }))} />`;

function Header({ who, toggle, isOpen }) {
	return html`<header>
		${who && html`<button type="button" class="button quiet burger" aria-expanded=${isOpen}
			aria-controls="side" aria-label=${t("core.menu")} onClick=${toggle}>☰</button>`}
		<a class="brand" href="#/">Coffer</a>
		<div class="buttons">
			<${Language} /><${Theme} />
			${who && html`<${Menu} kind="quiet" label=${t("core.session", { name: who.name })}
				text=${who.name} items=${[{ label: t("core.signout"), onClick: signOut }]} />`}
		</div>
	</header>`;
}

const Reconnecting = () => html`<div role="status" class="line">${
	useLiveState() == "reconnecting" && html`<p>${t("core.reconnecting")}</p>`}</div>`;

const NoPage = () => html`<${Page} title=${t("core.nopage")}><p>${t("core.nopage.hint")}</p><//>`;

// A page's module is fetched when it is first shown.
function Body({ pages }) {
	const found = usePages(pages);
	const { path } = useRoute();
	const [got, setGot] = useState({});
	const { load, name } = found?.page || {};
	useEffect(() => {
		// What comes after another page was asked for is not shown.
		let isWanted = true;
		const tell = (what) => isWanted && setGot({ load, ...what });
		load?.().then((module) => tell({ module }),
			() => tell({ problem: { detail: t("core.unreachable") } }));
		return () => { isWanted = false; };
	}, [load]);
	if (!found) return html`<${NoPage} />`;
	if (got.load != load) return html`<p class="muted" role="status">${t("core.loading")}</p>`;
	if (got.problem) return html`<${Problems} problem=${got.problem} retry=${() => location.reload()} />`;
	return html`<${got.module[name]} key=${path} ...${found.props} />`;
}

// Where to go after signing in is kept in the hash, for the view to come back by itself.
function useGate(who) {
	const { path, query } = useRoute();
	useEffect(() => {
		const isLogin = path == "/login";
		if (who === null && !isLogin) go("/login", { back: location.hash.slice(1) });
		if (who && isLogin) location.replace("#" + (query.back || "/"));
		if (who) startLive();
		return stopLive;
	}, [who?.name, who === null, path == "/login"]);
}

export function Shell({ pages }) {
	const who = session.use();
	const { path } = useRoute();
	const [isOpen, setOpen] = useState(false);
	const [problem, setProblem] = useState(null);
	const begin = () => resume().then(() => setProblem(null), setProblem);
	useEffect(() => void begin(), []);
	useLanguage();
	useGate(who);
	const isIn = who && path != "/login";
	return html`<a class="skip" href="#main" onClick=${(e) => {
			e.preventDefault();
			document.getElementById("main").focus();
		}}>${t("core.skip")}</a>
		<${Header} who=${isIn && who} isOpen=${isOpen} toggle=${() => setOpen(!isOpen)} />
		<${Reconnecting} />
		<div class="columns">
			${isIn && html`<${Nav} isOpen=${isOpen} close=${() => setOpen(false)} />`}
			<main id="main" tabindex="-1">
				<${Problems} problem=${problem} retry=${begin} />
				${isIn ? html`<${Body} pages=${pages} />` : who === null && html`<${Login} />`}
			</main>
		</div>
		<${Toasts} />`;
}
