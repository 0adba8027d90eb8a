import type { FastifyInstance } from "fastify";
import type { z } from "zod";
import { type AdminService, adminRequests } from "#api";
import { type Log, MbdError } from "#platform";

/** `POST /admin/…`, on the machine's own socket only. */
export function registerAdminRoutes(app: FastifyInstance, deps: { admin: AdminService; log: Log }): void {
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

function bodyOf<S extends z.ZodType>(schema: S, body: unknown): z.output<S> {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new MbdError("bad_argument", {
    argument: String(issue?.path[0] ?? "body"),
    reason: (issue?.message ?? "it is not valid").toLowerCase(),
  });
}
