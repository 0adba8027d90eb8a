export { createHookJob, HOOK_JOB } from "./hook-job.ts";
export { createSendHook, type SendHook } from "./hook-request.ts";
export { createHooks, type Hooks, type HookView, type NewHook } from "./hooks.ts";
export { createNotifications } from "./notifications.ts";
