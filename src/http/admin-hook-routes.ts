import type { FastifyInstance } from "fastify";
import { type HookAdmin, hookRequests } from "#api";
import type { Log } from "#platform";
import { bodyOf } from "./admin-body.ts";

/** `POST /admin/hook/…`, on the machine's own socket only. */
export function registerHookRoutes(
  app: FastifyInstance,
  { admin, log }: { readonly admin: HookAdmin; readonly log: Log },
): void {
  app.post("/admin/hook/add", async (request) => {
    const hook = bodyOf(hookRequests.add, request.body);
    log.info({ name: hook.name }, "administrator adds a web hook");
    return await admin.addHook(hook);
  });
  app.post("/admin/hook/list", async () => await admin.listHooks());
  app.post("/admin/hook/remove", async (request) => {
    const { name } = bodyOf(hookRequests.named, request.body);
    log.info({ name }, "administrator removes a web hook");
    await admin.removeHook({ name });
    return {};
  });
  app.post("/admin/hook/test", async (request) => {
    const { name } = bodyOf(hookRequests.named, request.body);
    log.info({ name }, "administrator tests a web hook");
    await admin.testHook({ name });
    return {};
  });
}
