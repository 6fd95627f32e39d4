// Time {at, zone, ago}: an instant in the viewer's zone, with that of `zone` (a plan's) beside it;
// ago: "3 minutes ago", with the time when the pointer is on it. Nothing known: "–".
import { html, useEffect, useState } from "../lib.js";
import { time, ago as inWords, zone as mine } from "../format.js";

export function Time({ at, zone, ago }) {
	const [, again] = useState(0);
	useEffect(() => {
		if (!ago) return;
		const timer = setInterval(() => again((n) => n + 1), 30000);
		return () => clearInterval(timer);
	}, [ago]);
	if (!at) return "–";
	const title = `${time(at, zone)} ${mine()}`;
	return html`<time datetime=${at} title=${title}>${ago ? inWords(at) : time(at, zone)}</time>`;
}
