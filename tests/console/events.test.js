// Events.
import { strict as assert } from "node:assert";

import { test } from "./rig/cases.js";

test("who did what, filtered, and live", async ({ page, go, see, api }) => {
	await go("#/events");
	await page.getByText("pool.bind").first().waitFor();
	await see("list");
	await page.getByLabel("Kind").selectOption("audit");
	await page.getByText("adopt.completed").first().waitFor({ state: "detached" });
	await api.patch("/v1/sources/cache", { remarks: "while somebody looks" });
	await page.getByText("source.update").first().waitFor();
	await page.getByLabel("Name or ID of what it concerns").fill("cache");
	await page.getByText("pool.bind").first().waitFor({ state: "detached" });
	assert.match(page.url(), /kind=audit.*resource=cache|resource=cache.*kind=audit/);
	await page.reload();
	await page.getByText("source.update").first().waitFor();
});

test("days are those of the viewer's zone", async ({ page, go }) => {
	await go("#/events?since=2000-01-01&until=2000-01-02");
	await page.getByText("Nothing matches the filters.").waitFor();
	const asked = page.waitForRequest((r) => r.url().includes("since=2026-07-01"));
	await go("#/events?since=2026-07-02");
	const { searchParams } = new URL((await asked).url());
	// Midnight in Berlin, in summer.
	assert.equal(searchParams.get("since"), "2026-07-01T22:00:00Z");
});

test("narrow, dark, Chinese", async ({ page, go, see }) => {
	await go("#/events");
	await page.getByRole("table").waitFor();
	await see("narrow");
}, { width: 360, theme: "dark", language: "zh" });
