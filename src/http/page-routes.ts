import type { FastifyInstance } from "fastify";
import type { Identify } from "./caller.ts";
import type { HttpDeps } from "./deps.ts";
import { isKnown } from "./etag.ts";
import { textsOf } from "./form-fields.ts";

/** The pages of `#web`. */
export function registerPageRoutes(
  app: FastifyInstance,
  deps: Pick<HttpDeps, "pages" | "admit"> & { identify: Identify },
): void {
  for (const page of deps.pages) {
    app.get(page.path, async (request, reply) => {
      const { principal, session, client } = await deps.identify(request);
      if (page.costly === true && principal.kind === "nobody") deps.admit?.(client);
      const answer = await page.render({
        params: textsOf(request.params),
        query: textsOf(request.query),
        principal,
        url: request.url,
        ...(session === undefined ? {} : { session: session.id }),
      });
      reply
        .header("cache-control", "private, no-cache")
        .type("text/html; charset=utf-8")
        .headers({ ...answer.headers });
      if (isKnown(answer.headers?.etag, request.headers["if-none-match"])) return reply.code(304).send();
      return reply.code(answer.status).send(answer.html);
    });
  }
}
