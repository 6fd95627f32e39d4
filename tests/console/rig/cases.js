// What a file of tests says.
//
//	test("what a person can do", async ({ page, see, api }) => { ... },
//	     { theme: "dark", language: "zh", width: 360 });
//
// A test gets
//	page    a page of a browser of its own, signed in and at the overview
//	go      go("#/backups"): to a route of the console
//	see     see("list"): nothing is wrong on the page as it stands now
//	        (axe-core), and what it looks like is kept
//	allow   allow(409, "/v1/backups"): such an answer is part of the test;
//	        any other one of 400 or more fails it
//	api     the HTTP API as admin: api.get(path), post, patch, del, want
//	cofferd the server: base, token, stop(), start(), hold(), letGo(), ...
//	hold    cofferd.hold: a job on the source "shop" that stands still
//	world   the real servers: sql(), bucket(), ... (harness/console.py)
//
// The same server serves all tests of a file that ask for the same one.
let cases = [];

const DEFAULTS = {
	theme: "light", // or dark
	language: "en", // or zh
	width: 1280,
	height: 900,
	zone: "Europe/Berlin",
	signedIn: true,
	// "full": sources shop (MariaDB) and cache (Redis), pools main (Ceph) and local
	// (a folder); "empty": nothing; or the name of a call of harness/console.py.
	server: "full",
	seconds: 180,
};

export function test(name, run, options = {}) {
	const unknown = Object.keys(options).filter((key) => !(key in DEFAULTS));
	if (unknown.length)
		throw new Error(`${name}: unknown options: ${unknown}`);
	cases.push({ name, run, ...DEFAULTS, ...options });
}

/** What was said since the last time. */
export function take() {
	const taken = cases;
	cases = [];
	return taken;
}

/** Until fn returns something true, which it returns. */
export async function until(fn, what, seconds = 60) {
	const deadline = Date.now() + seconds * 1000;
	for (;;) {
		const result = await fn();
		if (result)
			return result;
		if (Date.now() > deadline)
			throw new Error(`not within ${seconds} s: ${what}`);
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
}
