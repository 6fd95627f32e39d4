// Values as words. What is null or undefined gives "–".
//
//   bytes(n)  "1.5 GiB"          count(n) "12,345"        rate(n) "1.5 MiB/s" (bytes a second)
//   duration(seconds) "2 min 5 s"                         percent(n) "42 %"
//   ago(iso) "3 minutes ago", "in 2 days"
//   time(iso)         "2026-11-22 16:20:03" in the viewer's zone
//   time(iso, zone)   with that zone's own time behind it, unless both zones show the same
//   zone()            the viewer's IANA zone: the one chosen in Settings, else the browser's
//   setZone(name)     "" for the browser's
//   dayStart(date)    "2026-11-22" in the viewer's zone -> the instant as RFC 3339 in UTC, for
//                     since; dayEnd(date) the start of the next day, for until
//   timerInWords(timer)  "weekly on Mon, Thu at 02:30 (Europe/Berlin)"; null: "Manual"
//   engine(name, version) "MySQL 8.0.36", "MariaDB 10.11.6", "Redis 7.2"
import { t, locale, label } from "./i18n/index.js";
import { intl } from "./intl.js";
import { saved, save } from "./saved.js";

const none = "–";
const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
let chosen = saved("zone") || "";

export const zone = () => chosen || own;
export const isZoneChosen = () => !!chosen;
export function setZone(name) {
	chosen = name;
	save("zone", name);
}

const number = (options) => intl("NumberFormat", locale(), options);

export const count = (n) => (n == null ? none : number().format(n));
export const percent = (n) => (n == null ? none : `${Math.round(n)} %`);

export function bytes(n) {
	if (n == null) return none;
	let i = 0;
	for (; n >= 1023.5 && i < 5; i++) n /= 1024;
	const digits = i && n < 99.95 ? (n < 9.995 ? 2 : 1) : 0;
	return `${number({ maximumFractionDigits: digits }).format(n)} ${units[i]}`;
}

export const rate = (n) => (n == null ? none : bytes(n) + "/s");

export function duration(s) {
	if (s == null) return none;
	if (s < 10) return t("unit.s", { a: +s.toFixed(1) });
	s = Math.round(s);
	if (s < 60) return t("unit.s", { a: s });
	if (s < 3600) return t("unit.min", { a: Math.floor(s / 60), b: s % 60 });
	if (s < 86400) return t("unit.h", { a: Math.floor(s / 3600), b: Math.floor((s % 3600) / 60) });
	return t("unit.d", { a: Math.floor(s / 86400), b: Math.floor((s % 86400) / 3600) });
}

export function between(from, to) {
	return from && to ? duration((new Date(to) - new Date(from)) / 1000) : none;
}

const steps = [[60, "second"], [60, "minute"], [24, "hour"], [30, "day"], [12, "month"], [1e9, "year"]];

export function ago(iso) {
	if (!iso) return none;
	let n = (new Date(iso) - Date.now()) / 1000;
	const words = intl("RelativeTimeFormat", locale(), { numeric: "auto" });
	for (const [size, unit] of steps) {
		if (Math.abs(n) < size) return words.format(Math.trunc(n), unit);
		n /= size;
	}
}

const two = "2-digit";
const fields = { year: "numeric", month: two, day: two, hour: two, minute: two, second: two };
// "sv" is the locale whose custom is 2026-11-22 16:20:03.
const plain = (iso, timeZone) =>
	intl("DateTimeFormat", "sv", { ...fields, timeZone }).format(new Date(iso));

export function time(iso, other) {
	if (!iso) return none;
	const mine = plain(iso, zone());
	if (!other) return mine;
	const its = plain(iso, other);
	return its == mine ? mine : `${mine} (${its} ${other})`;
}

export const day = (iso) => (iso ? plain(iso, zone()).slice(0, 10) : none);

export function dayStart(date) {
	const want = Date.parse(date + "T00:00:00Z");
	let at = want;
	for (let i = 0; i < 2; i++) at -= Date.parse(plain(at, zone()).replace(" ", "T") + "Z") - want;
	return new Date(at).toISOString().replace(".000", "");
}

export const nextDay = (date) =>
	new Date(Date.parse(date + "T00:00:00Z") + 864e5).toISOString().slice(0, 10);
export const dayEnd = (date) => dayStart(nextDay(date));

export function timerInWords(timer) {
	if (!timer) return t("timer.none");
	const { cycle, at = "00:00", date, weekdays = [], month_days = [], cron, timezone } = timer;
	const days = (weekdays || []).map((d) => t("weekday." + d)).join(", ");
	const months = (month_days || []).map((d) => (d == "last" ? t("timer.last") : d)).join(", ");
	const words = t("timer." + cycle, {
		at: cycle == "hourly" ? (at || "00:00").slice(3) : at, date, cron, days, months,
	});
	const from = date && cycle != "once" ? t("timer.from", { date }) : "";
	return `${words}${from} (${timezone || "UTC"})`;
}

export function engine(name, version) {
	if (!version) return label("engine", name);
	const isMaria = /mariadb/i.test(version);
	const own = name == "redis" && /valkey/i.test(version) ? "Valkey" : label("engine", name);
	return `${isMaria ? "MariaDB" : own} ${(/\d[\d.]*\d/.exec(version) || [version])[0]}`;
}
