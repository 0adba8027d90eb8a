import type { FastifyInstance } from "fastify";
import { type SettingsAdmin, settingsRequest } from "#api";
import type { Log } from "#platform";
import { bodyOf } from "./admin-body.ts";

/** `POST /admin/settings`, on the machine's own socket only. */
export function registerSettingsRoute(
  app: FastifyInstance,
  { settings, log }: { readonly settings: SettingsAdmin; readonly log: Log },
): void {
  app.post("/admin/settings", async (request) => {
    const asked = bodyOf(settingsRequest, request.body);
    log.info({ command: asked.command, ...("name" in asked ? { name: asked.name } : {}) }, "settings");
    return await settings(asked);
  });
}
