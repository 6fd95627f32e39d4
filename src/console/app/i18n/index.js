// Texts in English and Simplified Chinese.
//
//   t("backups.title", {n: 3})   the text; {name} in it is replaced by vars.name (numbers written
//                                for the language). "one backup|{n} backups": the form is chosen
//                                by vars.n. A key that is missing comes back as it is
//   addTexts({en, zh})           adds flat dictionaries; each page does so in its own
//                                pages/<page>.text.js (which also exports texts: a test compares
//                                the keys)
//   useLanguage()                "en" | "zh"; setLanguage(l); language()
//   label("status", value)       t("status." + value), or the value itself when it has no text
import { store } from "../lib.js";
import { intl } from "../intl.js";
import { saved, save } from "../saved.js";
import en from "./en.js";
import zh from "./zh.js";

const texts = { en: { ...en }, zh: { ...zh } };
const current = store(saved("language") || (navigator.language.startsWith("zh") ? "zh" : "en"));

export const language = () => current.get();
export const locale = () => (language() == "zh" ? "zh-CN" : "en-GB");
export const useLanguage = () => current.use();

const apply = () => (document.documentElement.lang = locale());
apply();

export function setLanguage(value) {
	save("language", value);
	current.set(value);
	apply();
}

export function addTexts(more) {
	Object.assign(texts.en, more.en);
	Object.assign(texts.zh, more.zh);
}

function form(text, n) {
	const forms = text.split("|");
	return forms[1] && intl("PluralRules", locale()).select(n) != "one" ? forms[1] : forms[0];
}

export function t(key, vars = {}) {
	const text = texts[language()][key] ?? texts.en[key];
	if (text == null) return key;
	const chosen = "n" in vars ? form(text, vars.n) : text;
	return chosen.replace(/\{(\w+)\}/g, (whole, name) => {
		const v = vars[name];
		return typeof v == "number" ? intl("NumberFormat", locale()).format(v) : v ?? whole;
	});
}

export function label(kind, value) {
	const key = kind + "." + value;
	const text = t(key);
	return text == key ? value : text;
}
