// The start: what pages there are, and the shell around them. A page is a component of
// pages/<name>.js, which is fetched when it is first shown; ":id" of its path comes as a prop.
// One line a page here.
import { html, render } from "./lib.js";
import { Shell } from "./shell.js";

const jobs = () => import("./pages/jobs.js");
const instances = () => import("./pages/instances.js");
const restores = () => import("./pages/restores.js");

const pages = [
	{ path: "/", load: () => import("./pages/overview.js"), name: "Overview" },
	{ path: "/instances", load: instances, name: "Instances" },
	{ path: "/instances/:id", load: instances, name: "Instance" },
	{ path: "/backups", load: () => import("./pages/backups.js"), name: "Backups" },
	{ path: "/backups/:id", load: () => import("./pages/backup.js"), name: "Backup" },
	{ path: "/pools", load: () => import("./pages/pools.js"), name: "Pools" },
	{ path: "/plans", load: () => import("./pages/plans.js"), name: "Plans" },
	{ path: "/plans/new", load: () => import("./pages/plan_new.js"), name: "NewPlan" },
	{ path: "/plans/:id", load: () => import("./pages/plan.js"), name: "Plan" },
	{ path: "/restores", load: restores, name: "Restores" },
	{ path: "/restores/new", load: () => import("./pages/restore_new.js"), name: "NewRestore" },
	{ path: "/restores/:id", load: restores, name: "Restore" },
	{ path: "/jobs", load: jobs, name: "Jobs" },
	{ path: "/jobs/:id", load: jobs, name: "Job" },
	{ path: "/events", load: () => import("./pages/events.js"), name: "Events" },
	{ path: "/settings", load: () => import("./pages/settings.js"), name: "Settings" },
];

render(html`<${Shell} pages=${pages} />`, document.getElementById("app"));
