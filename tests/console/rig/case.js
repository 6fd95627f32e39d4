// One test: its page, what it gets, and what is looked at when it is over.
import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { Guard } from "./guard.js";
import { look } from "./look.js";

// For one step, on a machine that does much else.
const PATIENCE_MS = 20_000;
const LOCALES = { en: "en-GB", zh: "zh-CN" };

function contextOf(one, base) {
	return {
		baseURL: base,
		viewport: { width: one.width, height: one.height },
		locale: LOCALES[one.language],
		timezoneId: one.zone,
		colorScheme: one.theme,
		reducedMotion: "reduce",
		acceptDownloads: true,
	};
}

async function signIn(page, cofferd) {
	await page.locator("main input[type=password]").fill(cofferd.token);
	await page.locator("main form button[type=submit]").click();
	// The page goes on to where it was asked for by itself.
	await page.waitForURL((url) => !url.hash.startsWith("#/login"));
	await page.locator("main input[type=password]").waitFor({ state: "detached" });
}

function late(seconds) {
	let timer;
	const promise = new Promise((_, reject) => {
		timer = setTimeout(() => reject(new Error(`no end after ${seconds} s`)),
			seconds * 1000);
	});
	return { promise, clear: () => clearTimeout(timer) };
}

function fileName(text) {
	return text.toLowerCase().replace(/[^a-z0-9]+/g, "-").slice(0, 80);
}

function given(one, page, guard, rig, cofferd) {
	const folder = join(rig.out, rig.file);
	mkdirSync(folder, { recursive: true });
	return {
		page, cofferd,
		api: cofferd.api,
		world: rig.world,
		allow: (status, path) => guard.allow(status, path),
		go: (hash) => page.goto(`/${hash}`),
		hold: (point) => cofferd.hold(point),
		see: (name) => look(page, join(folder, `${fileName(name)}.png`)),
	};
}

/** What the page looked like, and what the server said last. */
async function explain(error, one, page, rig, cofferd) {
	const shot = join(rig.out, rig.file, `failed-${fileName(one.name)}.png`);
	await page.screenshot({ path: shot, fullPage: true }).catch(() => {});
	const log = await cofferd.tail().catch(() => "");
	error.stack += `\nthe page: ${shot}, at ${page.url()}`
		+ `\nend of the server's log:\n${log}`;
	throw error;
}

export async function runCase(one, rig) {
	const cofferd = await rig.servers.of(one.server);
	const context = await rig.browser.newContext(contextOf(one, cofferd.base));
	const timer = late(one.seconds);
	context.setDefaultTimeout(PATIENCE_MS);
	const page = await context.newPage();
	const guard = new Guard(context, cofferd.base);
	try {
		await Promise.race([timer.promise, (async () => {
			await page.goto("/");
			if (one.signedIn)
				await signIn(page, cofferd);
			await one.run(given(one, page, guard, rig, cofferd));
			guard.check();
		})()]);
	} catch (error) {
		await explain(error, one, page, rig, cofferd);
	} finally {
		timer.clear();
		await context.close();
		await cofferd.letGo();
	}
}
