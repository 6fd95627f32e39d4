// The start: what pages there are, and the shell around them. A page is a component of
// pages/<name>.js; ":id" of its path comes as a prop. One line a page here.
import { html, render } from "./lib.js";
import { Shell } from "./shell.js";

const pages = [
];

render(html`<${Shell} pages=${pages} />`, document.getElementById("app"));
