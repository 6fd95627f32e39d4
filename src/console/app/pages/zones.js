// Where the clocks of a zone change.
//   edges(zone)        within a year from now: [{at, date, from, to, isForward, first, last}]; from
//                      and to: what the clocks show before and after; first, last: the minutes
//                      of the day that do not exist, or come twice. None of an unknown zone
//   hits(edge, timer)  whether a run of the timer may fall into these
const DAY = 864e5;
const clock = (ms) => new Date(ms).toISOString().slice(11, 16);
const minutes = (hhmm) => hhmm.slice(0, 2) * 60 + +hhmm.slice(3);

function offsets(timeZone) {
	const format = new Intl.DateTimeFormat("sv", { timeZone, dateStyle: "short", timeStyle: "medium" });
	return (ms) => Date.parse(format.format(ms).replace(" ", "T") + "Z") - ms;
}

function between(offset, a, b) {
	const before = offset(a);
	while (b - a > 1000) {
		const middle = Math.floor((a + b) / 2000) * 1000;
		if (offset(middle) == before) a = middle;
		else b = middle;
	}
	return { at: b, before, after: offset(b) };
}

function edgeOf({ at, before, after }) {
	const [from, to] = [clock(at + before), clock(at + after)];
	const isForward = after > before;
	const [first, last] = isForward ? [from, to] : [to, from];
	return { at, date: new Date(at + before).toISOString().slice(0, 10), from, to, isForward,
		first: minutes(first), last: minutes(last) };
}

export function edges(zone) {
	let offset;
	try {
		offset = offsets(zone);
	} catch {
		return [];
	}
	const found = [];
	const now = Math.floor(Date.now() / 1000) * 1000;
	for (let a = now; a < now + 366 * DAY; a += 7 * DAY) {
		if (offset(a) != offset(a + 7 * DAY)) found.push(edgeOf(between(offset, a, a + 7 * DAY)));
	}
	return found;
}

export function hits({ first, last, date }, timer) {
	if (timer.cycle == "cron") return true;
	if (timer.cycle == "once" && timer.date != date) return false;
	if (timer.cycle == "hourly") return true;
	const at = minutes(timer.at || "00:00");
	return at >= first && at < last;
}
