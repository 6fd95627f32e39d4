import { addTexts } from "../i18n/index.js";

export const texts = {
	en: {
		"job.left": "{time} left",
		"job.resource": "Concerns",
		"job.log": "Log",
		"job.nolog": "The log is empty.",
		"job.error": "Failure",
		"job.cancel": "Cancel the job",
		"job.cancel.text": "What it has written is removed.",
		"job.canceling": "The job is being canceled.",
		"job.empty": "No job has run yet",
		"job.empty.hint": "Backups, restores and verifications appear here with their logs.",
		"job.items": "Items",
		"job.read": "Read",
		"job.progress": "Progress",
	},
	zh: {
		"job.left": "剩余 {time}",
		"job.resource": "对象",
		"job.log": "日志",
		"job.nolog": "日志为空。",
		"job.error": "失败原因",
		"job.cancel": "取消任务",
		"job.cancel.text": "已写入的内容将被删除。",
		"job.canceling": "正在取消任务。",
		"job.empty": "还没有运行过任务",
		"job.empty.hint": "备份、恢复和校验任务及其日志会显示在这里。",
		"job.items": "条目",
		"job.read": "已读取",
		"job.progress": "进度",
	},
};
addTexts(texts);
