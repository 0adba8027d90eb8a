import type { FastifyInstance } from "fastify";
import { type AdminService, adminRequests } from "#api";
import type { Log } from "#platform";
import { bodyOf } from "./admin-body.ts";
import { registerHookRoutes } from "./admin-hook-routes.ts";
import { type ArchiveRouteDeps, registerArchiveRoute } from "./archive-route.ts";
import { registerSettingsRoute } from "./settings-route.ts";

export interface AdminRouteDeps extends ArchiveRouteDeps {
  readonly admin: AdminService;
  readonly log: Log;
}

/** `POST /admin/…`, on the machine's own socket only. */
export function registerAdminRoutes(app: FastifyInstance, deps: AdminRouteDeps): void {
  registerArchiveRoute(app, deps);
  registerSettingsRoute(app, { settings: deps.admin.settings, log: deps.log });
  app.post("/admin/token", async (request) => {
    const { name, level } = bodyOf(adminRequests.token, request.body);
    deps.log.info({ name, level }, "administrator makes a token");
    return await deps.admin.createToken({ name, level });
  });
  app.post("/admin/tokens", async () => await deps.admin.listTokens());
  app.post("/admin/revoke", async (request) => {
    const { token } = bodyOf(adminRequests.revoke, request.body);
    deps.log.info({ token }, "administrator revokes a token");
    return await deps.admin.revokeToken({ token });
  });
  app.post("/admin/user", async (request) => {
    const { name, level, password, email } = bodyOf(adminRequests.user, request.body);
    deps.log.info({ name, level }, "administrator saves a user");
    return await deps.admin.saveUser({ name, level, password, email });
  });
  app.post("/admin/key", async (request) => {
    const added = bodyOf(adminRequests.key, request.body);
    const { key: _, ...right } = added;
    deps.log.info(right, "administrator adds an uploader key");
    return await deps.admin.addKey(added);
  });
  registerUserRoutes(app, deps);
  registerHookRoutes(app, deps);
  registerUpkeepRoutes(app, deps);
}

function registerUpkeepRoutes(app: FastifyInstance, { admin, log }: AdminRouteDeps): void {
  app.post("/admin/retention", async (request) => {
    const { dryRun } = bodyOf(adminRequests.retention, request.body);
    if (!dryRun) log.info("administrator lets go what is kept no longer");
    return await admin.retention({ dryRun });
  });
  app.post("/admin/pin", async (request) => {
    const { bkey, pinned } = bodyOf(adminRequests.pin, request.body);
    log.info({ bkey, pinned }, "administrator pins a packaging or lets it go");
    await admin.pin({ bkey, pinned });
    return {};
  });
}

function registerUserRoutes(app: FastifyInstance, { admin, log }: AdminRouteDeps): void {
  app.post("/admin/users", async () => await admin.listUsers());
  app.post("/admin/reset", async (request) => {
    const { name } = bodyOf(adminRequests.named, request.body);
    log.info({ name }, "administrator asks for a new password of a user");
    return await admin.resetUser({ name });
  });
  app.post("/admin/email", async (request) => {
    const { name, email } = bodyOf(adminRequests.email, request.body);
    log.info({ name }, "administrator changes the mail address of a user");
    await admin.setEmail({ name, email });
    return {};
  });
  app.post("/admin/disable", async (request) => {
    const { name } = bodyOf(adminRequests.named, request.body);
    log.info({ name }, "administrator switches a user off");
    await admin.disableUser({ name });
    return {};
  });
  app.post("/admin/activate", async (request) => {
    const { name } = bodyOf(adminRequests.named, request.body);
    log.info({ name }, "administrator activates a user");
    await admin.activateUser({ name });
    return {};
  });
}
