import { addTexts } from "../i18n/index.js";

export const texts = {
	en: {
		"event.act": "Act",
		"event.resource": "Concerns",
		"event.result": "Result",
		"event.who": "Who",
		"event.detail": "Detail",
		"event.find": "Name or ID of what it concerns",
		"event.empty": "Nothing has happened yet",
		"event.hint": "Events show who did what, and what the server did by itself.",
	},
	zh: {
		"event.act": "操作",
		"event.resource": "对象",
		"event.result": "结果",
		"event.who": "操作者",
		"event.detail": "详情",
		"event.find": "对象的名称或 ID",
		"event.empty": "还没有任何事件",
		"event.hint": "事件记录谁做了什么，以及服务器自动执行的操作。",
	},
};
addTexts(texts);
