import { createReadStream } from "node:fs";
import type { FastifyInstance } from "fastify";
import { MbdError } from "#platform";
import type { Artefacts } from "./deps.ts";

type Artefact = { Params: { id: string; name: string } };

/** `GET /builds/<id>/files/<name>`: what a build left (.buildinfo, .changes, packages), always as a download. */
export function registerArtefactRoutes(app: FastifyInstance, deps: { artefacts: Artefacts }): void {
  app.get<Artefact>("/builds/:id/files/:name", async (request, reply) => {
    const { id, name } = request.params;
    const found = /^[0-9]{1,9}$/.test(id) ? await deps.artefacts.find(Number(id), name) : undefined;
    if (found === undefined)
      throw new MbdError("not_found", { what: `That file of build ${id.slice(0, 20)}` });
    return reply
      .headers({
        "content-type": "application/octet-stream",
        "content-length": String(found.sizeBytes),
        "content-disposition": "attachment",
        "cache-control": "public, max-age=31536000, immutable",
      })
      .send(createReadStream(found.path));
  });
}
