import { relative } from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { MbdError } from "#platform";
import type { Identify } from "./caller.ts";
import type { Layout } from "./deps.ts";
import type { ErrorAnswers } from "./errors.ts";
import { pathOf } from "./errors.ts";
import { repositoryCaching, repositoryType } from "./file-kinds.ts";
import type { FoundFile } from "./files.ts";
import { listingPage } from "./listing.ts";
import { findPlace, type PlaceDeps } from "./moments.ts";

export interface FileRouteDeps extends PlaceDeps {
  readonly layout: Layout;
  readonly identify: Identify;
  readonly errors: ErrorAnswers;
}

type Star = { Params: { "*": string } };

/** Archive roots for apt and people (archive.md, layout). */
export async function registerFileRoutes(app: FastifyInstance, deps: FileRouteDeps): Promise<void> {
  await app.register(fastifyStatic, {
    serve: false,
    root: deps.repositoriesDir,
    contentType: false,
    cacheControl: false,
    index: false,
    // Links lead to private places that nobody may name; `findBelow` says what may be named.
    dotfiles: "allow",
  });
  app.addHook("onRequest", async (request, reply) => refuseOtherMethods(request, reply));
  app.get<Star>("/repositories/*", async (request, reply) => {
    const path = request.params["*"];
    const found = await findPlace(deps, path);
    if (found?.stats.isDirectory()) return await answerDirectory(deps, request, reply, { path, found });
    if (!found?.stats.isFile() || path.endsWith("/")) return deps.errors.notFound(request, reply);
    reply.header("content-type", repositoryType(path)).header("cache-control", repositoryCaching(path));
    if (!mayContinue(request, found)) delete request.raw.headers.range;
    return reply.sendFile(relative(found.root, found.path), found.root);
  });
}

/** Before anything reads a body: the archive is read only, by any method. */
function refuseOtherMethods(request: FastifyRequest, reply: FastifyReply): void {
  const path = pathOf(request);
  const { method } = request;
  if (!/^\/repositories(?:\/|$)/.test(path) || method === "GET" || method === "HEAD") return;
  reply.header("allow", "GET, HEAD");
  throw new MbdError("method_not_allowed", {
    what: path.slice(0, 200),
    method,
    allowed: "Repositories are read only: use GET or HEAD.",
  });
}

/**
 * Whether the part that a client has already is of this very file (RFC 9110 13.1.5: the date must be the same, and a
 * weak entity tag proves nothing). Without a match it gets the whole.
 */
function mayContinue(request: FastifyRequest, { stats }: FoundFile): boolean {
  const condition = request.headers["if-range"];
  if (condition === undefined) return true;
  return Date.parse(String(condition)) === Math.floor(stats.mtimeMs / 1000) * 1000;
}

async function answerDirectory(
  deps: FileRouteDeps,
  request: FastifyRequest<Star>,
  reply: FastifyReply,
  { path, found }: { readonly path: string; readonly found: FoundFile },
) {
  const address = pathOf(request);
  if (!address.endsWith("/")) return reply.redirect(`${address}/`, 301);
  const { principal } = await deps.identify(request);
  const { page } = request.query as { page?: unknown };
  const body = await listingPage({
    top: path === "",
    root: found.root,
    directory: found.path,
    page: typeof page === "string" ? page : "1",
  });
  const title = `Index of /repositories/${path}`;
  return reply
    .header("cache-control", "no-cache")
    .type("text/html; charset=utf-8")
    .send(deps.layout({ title, html: body.html, path: address, principal }));
}
