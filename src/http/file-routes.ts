import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Identify } from "./caller.ts";
import type { Layout } from "./deps.ts";
import type { ErrorAnswers } from "./errors.ts";
import { pathOf } from "./errors.ts";
import { findBelow } from "./files.ts";
import { listingPage } from "./listing.ts";

export interface FileRouteDeps {
  readonly repositoriesDir: string;
  readonly layout: Layout;
  readonly identify: Identify;
  readonly errors: ErrorAnswers;
}

type Star = { Params: { "*": string } };

/** Archive roots for apt and people (archive.md, layout). */
export function registerFileRoutes(app: FastifyInstance, deps: FileRouteDeps): void {
  app.get<Star>("/repositories/*", async (request, reply) => {
    const path = request.params["*"];
    const found = await findBelow(deps.repositoriesDir, path);
    if (found?.stats.isDirectory()) return await answerDirectory(deps, request, reply, path);
    if (found === undefined || path.endsWith("/")) return deps.errors.notFound(request, reply);
    reply.header("content-type", repositoryType(path)).header("cache-control", repositoryCaching(path));
    return reply.sendFile(path, deps.repositoriesDir);
  });
}

async function answerDirectory(
  deps: FileRouteDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  path: string,
) {
  const address = pathOf(request);
  if (!address.endsWith("/")) return reply.redirect(`${address}/`, 301);
  const { principal } = await deps.identify(request);
  const body = await listingPage(deps.repositoriesDir, path);
  const title = `Index of /repositories/${path}`;
  return reply
    .header("cache-control", "no-cache")
    .type("text/html; charset=utf-8")
    .send(deps.layout({ title, html: body.html, path: address, principal }));
}

const TEXT = "text/plain; charset=utf-8";

/** Never a type that a browser would run: what lies here was uploaded by others. */
function repositoryType(path: string): string {
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (/\.u?deb$|\.ddeb$/.test(name)) return "application/vnd.debian.binary-package";
  if (name.endsWith(".gz")) return "application/gzip";
  if (name.endsWith(".xz")) return "application/x-xz";
  if (name.endsWith(".gpg")) return "application/pgp-signature";
  if (/\.(?:dsc|changes|buildinfo|asc)$/.test(name)) return TEXT;
  return /^(?:InRelease|Release|Packages|Sources|Contents-.*|Translation-.*)$/.test(name)
    ? TEXT
    : "application/octet-stream";
}

/** Pool files and by-hash names never change their content; everything else is asked for again each time. */
function repositoryCaching(path: string): string {
  return /(?:^|\/)(?:pool|by-hash)\//.test(path)
    ? "public, max-age=31536000, immutable"
    : "public, max-age=0, must-revalidate";
}
