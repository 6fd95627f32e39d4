// The pictures of the README, made anew by contrib/screenshots: what somebody
// sees who has two sources, two plans and some backups.
import { test } from "./rig/cases.js";

const NIGHTLY = { cycle: "daily", at: "02:30", timezone: "Europe/Berlin" };
const HOURLY = { cycle: "hourly", at: "00:15", timezone: "Europe/Berlin" };

function plan(name, source, timer) {
	return { name, source, pool: "main", strategy: "timer", method: "logical",
		timer, retention_days: 30 };
}

/** Once for both pictures, which have the same server. */
async function fill(api) {
	const { items } = await api.get("/v1/plans");
	if (items.length)
		return;
	for (const one of [plan("shop-nightly", "shop", NIGHTLY), plan("cache-hourly", "cache", HOURLY)]) {
		await api.post("/v1/plans", one);
		for (let i = 0; i < 3; i++) {
			const run = await api.post(`/v1/plans/${one.name}/execute`);
			await api.job(run.job_id);
		}
	}
	await api.backup("before-upgrade");
}

for (const theme of ["light", "dark"]) {
	test(`overview in ${theme}`, async ({ page, see, api }) => {
		await fill(api);
		await page.reload();
		await page.getByText("shop-nightly").first().waitFor();
		await page.getByText("cache-hourly").first().waitFor();
		await see(`overview-${theme}`);
	}, { theme, height: 640 });
}
