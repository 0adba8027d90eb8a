import type { FastifyInstance } from "fastify";
import { type AdminService, adminRequests } from "#api";
import type { Log } from "#platform";
import { bodyOf } from "./admin-body.ts";
import { type ArchiveRouteDeps, registerArchiveRoute } from "./archive-route.ts";

export interface AdminRouteDeps extends ArchiveRouteDeps {
  readonly admin: AdminService;
  readonly log: Log;
}

/** `POST /admin/…`, on the machine's own socket only. */
export function registerAdminRoutes(app: FastifyInstance, deps: AdminRouteDeps): void {
  registerArchiveRoute(app, deps);
  app.post("/admin/token", async (request) => {
    const { name, level } = bodyOf(adminRequests.token, request.body);
    deps.log.info({ name, level }, "administrator makes a token");
    return await deps.admin.createToken({ name, level });
  });
  app.post("/admin/user", async (request) => {
    const { name, level, password } = bodyOf(adminRequests.user, request.body);
    deps.log.info({ name, level }, "administrator saves a user");
    return await deps.admin.saveUser({ name, level, ...(password === undefined ? {} : { password }) });
  });
  app.post("/admin/key", async (request) => {
    const { key, repository } = bodyOf(adminRequests.key, request.body);
    deps.log.info({ repository }, "administrator adds an uploader key");
    return await deps.admin.addKey({ key, repository });
  });
}
