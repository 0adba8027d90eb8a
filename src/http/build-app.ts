import { randomUUID } from "node:crypto";
import fastify, { type FastifyInstance } from "fastify";
import { registerAccountRoutes } from "./account-routes.ts";
import { registerAdminRoutes } from "./admin-routes.ts";
import { registerApiRoutes } from "./api-routes.ts";
import { registerArtefactRoutes } from "./artefact-routes.ts";
import { identifyByRequest, identifyLocal, remembering } from "./caller.ts";
import { createClientAddress } from "./client-address.ts";
import { DEFAULT_LIMITS, type HttpDeps } from "./deps.ts";
import { createErrorAnswers, wantsHtml } from "./errors.ts";
import { registerEventRoutes } from "./event-routes.ts";
import { registerFileRoutes } from "./file-routes.ts";
import { plainLayout } from "./html.ts";
import { registerLogRoutes } from "./log-routes.ts";
import { registerPageRoutes } from "./page-routes.ts";
import { refuseCrossSite, setSecurityHeaders } from "./security.ts";
import { createSessionCookie } from "./session-cookie.ts";
import { createStreams, type Streams } from "./streams.ts";
import { registerUploadRoutes } from "./upload-routes.ts";

const BODY_LIMIT = 8 * 1024 * 1024;
/** A connection on which nothing moves for this long is closed; uploads may take any time while they move. */
export const IDLE_MS = 300_000;

export interface BuiltApp {
  readonly app: FastifyInstance;
  readonly streams: Streams;
}

/** The whole HTTP surface. `local`: for the control socket, where everybody is the administrator. */
export async function buildApp(deps: HttpDeps, local: boolean): Promise<BuiltApp> {
  const layout = deps.layout ?? plainLayout;
  const errors = createErrorAnswers({ layout, log: deps.log, bodyLimit: BODY_LIMIT });
  const limits = { ...DEFAULT_LIMITS, ...deps.limits };
  const streams = createStreams(limits);
  const cookie = createSessionCookie(deps.url);
  const clientOf = createClientAddress(deps.trustedProxies ?? []);
  const identify = remembering(
    local ? identifyLocal : identifyByRequest({ ...deps, cookie, clientOf, sessions: deps.people?.sessions }),
  );

  const app = fastify({
    bodyLimit: BODY_LIMIT,
    connectionTimeout: IDLE_MS,
    requestIdHeader: false,
    genReqId: () => randomUUID(),
    routerOptions: { maxParamLength: 2000 },
    // What the router itself refuses meets no hook.
    frameworkErrors(error, request, reply) {
      setSecurityHeaders(request, reply);
      errors.answer(error, request, reply);
    },
  });
  app.addHook("onRequest", async (request, reply) => {
    setSecurityHeaders(request, reply);
    refuseCrossSite(request, deps);
  });
  app.addHook("onResponse", async (request, reply) => {
    const { method, url } = request;
    deps.log.debug(
      { request: request.id, method, path: url.split("?", 1)[0], status: reply.statusCode },
      "answered",
    );
  });
  app.setErrorHandler((error, request, reply) => errors.answer(error, request, reply));
  app.setNotFoundHandler(async (request, reply) => {
    // For the page only, which shows who is signed in.
    if (wantsHtml(request)) await identify(request).catch(() => undefined);
    errors.notFound(request, reply);
    return reply;
  });

  const common = { ...deps, layout, errors, limits, streams, identify, cookie, clientOf };
  registerApiRoutes(app, common);
  registerEventRoutes(app, common);
  registerArtefactRoutes(app, common);
  registerLogRoutes(app, common);
  await registerFileRoutes(app, common);
  registerPageRoutes(app, common);
  registerAccountRoutes(app, common);
  await registerUploadRoutes(app, common);
  if (local) registerAdminRoutes(app, common);
  await app.ready();
  return { app, streams };
}
