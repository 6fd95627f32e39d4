// A look at a page as it stands: a picture of it, and what axe-core says.
import { load } from "./modules.js";

const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

// In the page. Its style sheets are read from the document: axe would fetch
// them a second time.
async function inspect(tags) {
	const { violations } = await globalThis.axe.run(document, {
		runOnly: { type: "tag", values: tags },
		resultTypes: ["violations"],
		preload: false,
	});
	const isWide = document.documentElement.scrollWidth > innerWidth;
	return {
		isWide,
		violations: violations.map((one) => ({
			id: one.id,
			help: one.help,
			nodes: one.nodes.slice(0, 4).map((node) =>
				`${node.target.join(" ")}: ${node.html.slice(0, 200)}\n    `
				+ [...node.any, ...node.all, ...node.none]
					.map((check) => check.message).join("; ")),
		})),
	};
}

/** Fails for each rule of WCAG 2.2 AA that axe finds broken, and for a page
 * that has to be scrolled sideways. */
export async function look(page, path) {
	await page.screenshot({ path, fullPage: true });
	// Not by a script element: the policy of the page forbids those.
	if (!await page.evaluate(() => "axe" in globalThis))
		await page.evaluate(load("axe-core").source);
	const { violations, isWide } = await page.evaluate(inspect, TAGS);
	const lines = violations.map((one) =>
		[`${one.id}: ${one.help}`, ...one.nodes].join("\n  "));
	if (isWide)
		lines.push("the page is wider than the window");
	if (lines.length)
		throw new Error(`${path}:\n${lines.join("\n")}`);
}
