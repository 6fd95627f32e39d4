// Dark or light: theme is a store of "" (as the system says), "light", "dark".
import { store } from "./lib.js";
import { saved, save } from "./saved.js";

export const theme = store(saved("theme") || "");

export function setTheme(value) {
	save("theme", value);
	document.documentElement.dataset.theme = value;
	theme.set(value);
}
document.documentElement.dataset.theme = theme.get();
