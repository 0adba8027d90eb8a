import { doneText } from "../flash.ts";
import { type PageRequest, queryText } from "../page.ts";

/** What the form before this page did. */
export function Flash({ request }: { readonly request: PageRequest }) {
  const text = request.form === undefined ? doneText(queryText(request, "done")) : undefined;
  if (text === undefined) return null;
  return (
    <p class="note good" role="status">
      {text}
    </p>
  );
}
