// What stands around all pages: signing in, languages, themes, the line
// "reconnecting", and the parts that pages are made of.
import { strict as assert } from "node:assert";
import { readdirSync } from "node:fs";

import { test, until } from "./rig/cases.js";

const PAGES = new URL("../../src/console/app/pages/", import.meta.url);

test("a wrong token is refused in words, a right one signs in", async ({ page, allow, see, cofferd }) => {
	allow(401, "/v1/sessions");
	await page.goto("/#/jobs");
	await page.getByRole("heading", { name: "Sign in to Coffer" }).waitFor();
	await see("login");
	await page.getByLabel("Token").last().fill("coffer_wrong");
	await page.getByRole("button", { name: "Sign in" }).click();
	await page.getByRole("alert").waitFor();
	await page.getByLabel("Token").last().fill(cofferd.token);
	await page.keyboard.press("Enter");
	await page.getByRole("heading", { name: "Jobs" }).waitFor();
	assert.equal(new URL(page.url()).hash, "#/jobs");
}, { signedIn: false });

test("signing out ends the session", async ({ page }) => {
	await page.getByRole("button", { name: /^Signed in as/ }).click();
	await page.getByRole("menuitem", { name: "Sign out" }).click();
	await page.getByRole("heading", { name: "Sign in to Coffer" }).waitFor();
	await page.reload();
	await page.getByRole("heading", { name: "Sign in to Coffer" }).waitFor();
}, { server: "empty" });

test("language and theme are chosen by keyboard, and kept", async ({ page, see }) => {
	await page.getByRole("heading", { name: "Overview" }).waitFor();
	await page.getByRole("button", { name: /^Language/ }).focus();
	await page.keyboard.press("ArrowDown");
	await page.getByRole("menuitem", { name: "English" }).waitFor();
	await page.keyboard.press("ArrowDown");
	await page.keyboard.press("Enter");
	await page.getByRole("heading", { name: "概览" }).waitFor();
	assert.equal(await page.locator("html").getAttribute("lang"), "zh-CN");
	await page.getByRole("button", { name: /^主题/ }).click();
	await page.getByRole("menuitem", { name: "深色" }).click();
	await see("chinese and dark");
	await page.reload();
	await page.getByRole("heading", { name: "概览" }).waitFor();
	assert.equal(await page.locator("html").getAttribute("data-theme"), "dark");
}, { server: "empty" });

test("a menu: arrows go round, Escape closes and gives the focus back", async ({ page }) => {
	await page.getByRole("heading", { name: "Overview" }).waitFor();
	const button = page.getByRole("button", { name: /^Theme/ });
	await button.focus();
	await page.keyboard.press("Enter");
	const items = page.getByRole("menuitem");
	await items.first().waitFor();
	await page.keyboard.press("ArrowUp");
	assert.equal(await page.evaluate(() => document.activeElement.textContent), "Dark");
	await page.keyboard.press("ArrowDown");
	assert.equal(await page.evaluate(() => document.activeElement.textContent), "As the system");
	await page.keyboard.press("Escape");
	await items.first().waitFor({ state: "detached" });
	await until(() => button.evaluate((el) => el == document.activeElement), "the focus is back");
}, { server: "empty" });

test("the first Tab leads to the content", async ({ page }) => {
	await page.reload();
	await page.getByRole("heading", { name: "Overview" }).waitFor();
	await page.locator("a.skip").focus();
	await page.keyboard.press("Enter");
	assert.equal(await page.evaluate(() => document.activeElement.id), "main");
}, { server: "empty" });

test("a lost connection is told, and what changed meanwhile is read", async ({ page, go, allow, cofferd, see }) => {
	allow(0, "/");
	allow(401, "/v1/events");
	await go("#/instances");
	await page.getByText("No instance is registered yet").waitFor();
	await cofferd.stop();
	await page.getByText("Reconnecting…").waitFor();
	await see("reconnecting");
	await cofferd.start();
	await page.getByText("Reconnecting…").waitFor({ state: "detached" });
	// Sessions live in memory: a server that was started again asks who is there.
	await page.getByRole("heading", { name: "Sign in to Coffer" }).waitFor();
}, { server: "empty" });

test("a narrow window has its navigation behind a button", async ({ page, see }) => {
	const jobs = page.getByRole("link", { name: "Jobs", exact: true });
	assert(!await jobs.isVisible());
	await page.getByRole("button", { name: "Menu" }).click();
	await see("open");
	await jobs.click();
	await page.getByRole("heading", { name: "Jobs" }).waitFor();
	assert(!await jobs.isVisible());
}, { server: "empty", width: 360 });

test("an address that leads nowhere says so", async ({ page, go }) => {
	await go("#/nowhere");
	await page.getByRole("heading", { name: "There is no such page" }).waitFor();
}, { server: "empty" });

test("a page that comes late does not take the place of another", async ({ page, go }) => {
	let release;
	const late = new Promise((resolve) => { release = resolve; });
	const module = "/console/app/pages/overview.js";
	await go("#/settings");
	await page.route(`**${module}`, async (route) => {
		await late;
		await route.continue();
	});
	await page.reload();
	await page.getByRole("heading", { name: "Settings" }).waitFor();
	const asked = page.waitForRequest(`**${module}`);
	await go("#/");
	await asked;
	await go("#/settings");
	await page.getByRole("heading", { name: "Settings" }).waitFor();
	release();
	await page.evaluate((path) => import(path), module);
	await page.evaluate(() => new Promise((done) => { setTimeout(() => requestAnimationFrame(done)); }));
	assert(await page.getByRole("heading", { name: "Settings" }).isVisible());
}, { server: "empty" });

test("no text is missing in a language, none is empty", async ({ page }) => {
	const names = ["../i18n/en.js", ...readdirSync(PAGES).filter((n) => n.endsWith(".text.js"))];
	const problems = await page.evaluate(async (files) => {
		const found = [];
		for (const file of files) {
			const module = await import("/console/app/pages/" + file);
			const { en, zh } = module.texts
				?? { en: module.default, zh: (await import("/console/app/i18n/zh.js")).default };
			const blanks = (text) => [...text.matchAll(/\{\w+\}/g)].map(String).filter((x) => x != "{n}");
			for (const key of new Set([...Object.keys(en), ...Object.keys(zh)])) {
				if (!en[key] || !zh[key])
					found.push(`${file}: ${key}`);
				else if (new Set(blanks(en[key])).size != new Set(blanks(zh[key])).size)
					found.push(`${file}: ${key} has other blanks`);
			}
		}
		return found;
	}, names);
	assert.deepEqual(problems, []);
}, { server: "empty" });
