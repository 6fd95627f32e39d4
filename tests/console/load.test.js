// 10,000 backups and 500 plans: lists are scrolled, filtered and sorted without a stall.
import { strict as assert } from "node:assert";
import { cpus, loadavg } from "node:os";

import { test } from "./rig/cases.js";

const LIMIT_MS = 100;
// One that is disturbed is no measure; a page that stalls does so each time.
const ROUNDS = 5;

/** In the page: notes from now on how long each interaction takes until it is painted. */
function watch() {
	globalThis.slowest = 0;
	new PerformanceObserver((list) => {
		for (const { duration } of list.getEntries())
			globalThis.slowest = Math.max(globalThis.slowest, duration);
	}).observe({ entryTypes: ["event", "longtask"] });
}

/** In the page: when all that an interaction has led to is painted and noted. */
function settled() {
	return new Promise((resolve) => requestAnimationFrame(() =>
		requestAnimationFrame(() => setTimeout(() => resolve(globalThis.slowest), 100))));
}

/** What the page's own thread has worked until now, in ms: told beside what was waited for. */
async function clock(page) {
	const cdp = await page.context().newCDPSession(page);
	await cdp.send("Performance.enable", { timeDomain: "threadTicks" });
	return async () => {
		const { metrics } = await cdp.send("Performance.getMetrics");
		return metrics.find(({ name }) => name === "TaskDuration").value * 1000;
	};
}

/** As much longer as more wants to run than there are cores. */
const limit = () => LIMIT_MS * Math.max(1, loadavg()[0] / cpus().length);

/** isSwift(what, act): an interaction, whose best round must be painted in time. */
async function stopwatch(page) {
	const worked = await clock(page);
	await page.evaluate(watch);
	return async (what, act) => {
		const painted = [];
		const busy = [];
		for (let i = 0; i < ROUNDS; i++) {
			await page.evaluate(() => { globalThis.slowest = 0; });
			const before = await worked();
			await act(i);
			painted.push(Math.round(await page.evaluate(settled)));
			busy.push(Math.round(await worked() - before));
		}
		const took = `${what}: painted within ${painted} ms, worked ${busy} ms`;
		console.log(`       ${took}`);
		const best = Math.min(...painted);
		assert(best < limit(), `${took}, but has ${Math.round(limit())} ms`);
	};
}

const list = "Backup Management";

/** Until there are more rows than before, or the first one is another. */
const changed = (page, first) => page.waitForFunction((text) => {
	const now = document.querySelector("tbody th")?.innerText;
	return now && now !== text;
}, first);
const first = (page) => page.locator("tbody th").first().innerText();

test("10,000 backups are scrolled, filtered and sorted", async ({ page, go, see }) => {
	await go("#/backups");
	await page.getByText("100 of 10,000").waitFor();
	const isSwift = await stopwatch(page);
	await page.getByRole("button", { name: "Show more" }).click();
	await page.getByText(/^[3-9]00 of 10,000/).waitFor();
	await page.getByRole("region", { name: list }).hover();
	await isSwift("scrolling", async () => {
		const before = await first(page);
		await page.mouse.wheel(0, 3400);
		await changed(page, before);
	});
	await page.getByText(/^([6-9]00|\d,\d00) of 10,000/).waitFor();
	assert(await page.locator("tbody tr").count() < 120, "only what is seen is there");
	// The window scrolls on where the list ends, below the header.
	await page.evaluate(() => scrollTo(0, 0));
	await see("scrolled");
	const search = page.getByLabel("Search");
	await isSwift("typing a filter", async (i) => {
		await search.press(`${i + 1}`);
		await page.waitForURL(new RegExp(`q=${"12345".slice(0, i + 1)}`));
	});
	await search.fill("");
	await page.getByText("100 of 10,000").waitFor();
	await isSwift("choosing a filter", async (i) => {
		await page.getByLabel("Status").selectOption(i % 2 ? "" : "failed");
		await page.getByText(i % 2 ? "100 of 10,000" : /^100 of \d\d\d$/).waitFor();
	});
	await page.getByRole("button", { name: "Clear filters" }).click();
	await isSwift("sorting", async () => {
		const before = await first(page);
		await page.getByRole("button", { name: "Size" }).click();
		await changed(page, before);
	});
	await isSwift("selecting", () => page.getByLabel("Select all").click());
}, { server: "large", seconds: 300 });

test("500 plans are there to choose from", async ({ page, go, api }) => {
	await go("#/backups");
	await page.getByText("100 of 10,000").waitFor();
	const plan = page.getByLabel("Plan", { exact: true });
	await plan.locator("option").nth(500).waitFor({ state: "attached" });
	const isSwift = await stopwatch(page);
	await isSwift("choosing a plan", async (i) => {
		await plan.selectOption({ label: `Nightly-${i + 7}` });
		await page.getByRole("row", { name: new RegExp(`Nightly-${i + 7}-`) }).first().waitFor();
	});
}, { server: "large" });
