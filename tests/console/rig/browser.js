// Debian's Chromium, without a window.
import { load, useFolder } from "./modules.js";

const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
// Nothing that the browser does by itself, and memory where there is some.
const FLAGS = [
	"--disable-background-networking",
	"--disable-component-update",
	"--disable-dev-shm-usage",
	"--no-proxy-server",
	"--force-color-profile=srgb",
];

export function openBrowser(out) {
	useFolder(out);
	return load("playwright-core").chromium.launch({
		executablePath: CHROMIUM,
		headless: true,
		args: FLAGS,
		// Chromium does not run as root inside its own sandbox.
		chromiumSandbox: process.getuid() !== 0,
		handleSIGINT: false,
		handleSIGTERM: false,
		handleSIGHUP: false,
	});
}
