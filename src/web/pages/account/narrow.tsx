import type { ComponentChild, ComponentChildren } from "preact";
import { Flash } from "../../components/flash.tsx";
import { renderDocument } from "../../document.tsx";
import type { PageContext, PageRequest, PageResponse } from "../../page.ts";

/** A page with one form in the middle and links below it. */
export function narrowPage(
  context: PageContext,
  request: PageRequest,
  page: { readonly title: string; readonly content: ComponentChildren; readonly below?: ComponentChild },
): PageResponse {
  const { title, content, below } = page;
  const refused = request.form?.refused !== undefined;
  return renderDocument(
    context,
    {
      title: refused ? `Not done: ${title}` : title,
      section: "",
      principal: request.principal,
    },
    <div class="narrow">
      <h1>{title}</h1>
      <Flash request={request} />
      <div class="panel">{content}</div>
      {below === undefined ? null : <p class="below">{below}</p>}
    </div>,
  );
}
