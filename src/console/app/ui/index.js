// All of the interface's parts: pages import from here. The head of each module tells its use.
export { Page, Card, Loading, Problems, Empty, Facts } from "./page.js";
export { Tabs } from "./tabs.js";
export { Table } from "./table.js";
export { Button, Menu } from "./button.js";
export { Dialog, Confirm } from "./dialog.js";
export { Badge, Progress } from "./badge.js";
export { toast, attempt, Notice, Toasts } from "./toast.js";
export { Form, useForm, Field, TextField, Select, Check, Buttons } from "./form.js";
export { Chips, Choices, Radios } from "./chips.js";
export { Steps } from "./steps.js";
export { Code } from "./code.js";
export { Chart } from "./chart.js";
export { Heatmap } from "./heatmap.js";
export { Filters } from "./filters.js";
export { Time } from "./time.js";
