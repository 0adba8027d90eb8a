import { type PageContext, type PageRequest, type PageResponse, queryText } from "../page.ts";
import { findByBkey } from "../read-model/bkey.ts";
import { urls } from "../urls.ts";
import { errorPage } from "./error.tsx";

/** Leads from a build key, which calls and logs speak of, to the page of its packaging or build. */
export async function bkeyPage(context: PageContext, request: PageRequest): Promise<PageResponse> {
  const found = await findByBkey(context.db.read, queryText(request, "key"));
  if (found === undefined)
    return errorPage(context, {
      status: 404,
      message: "Nothing has this build key.",
      hint: "The key of a port is reserved: it has a page once the upload that the port makes was accepted.",
      principal: request.principal,
      onward: ["/packagings/", "all packagings"],
    });
  const location = found.kind === "build" ? urls.build(found.id) : urls.packaging(found.id);
  return { status: 303, html: "", headers: { location } };
}
