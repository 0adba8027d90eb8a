import type { Principal } from "#accounts";
import { Note } from "../components/basics.tsx";
import { renderDocument } from "../document.tsx";
import type { PageRequest, PageResponse, Site } from "../page.ts";

/** What went wrong, for a person. */
export interface Problem {
  readonly status: number;
  /** One sentence: what, where, why. */
  readonly message: string;
  readonly hint?: string | undefined;
  readonly principal?: Principal | undefined;
  /** Address and words of the place to go on from. */
  readonly onward?: readonly [string, string] | undefined;
}

const TITLES: Readonly<Record<number, string>> = {
  400: "That request does not work",
  401: "Sign-in needed",
  403: "Not allowed",
  404: "Not found",
  405: "Not this way",
  409: "Not possible right now",
  410: "Gone",
  413: "Too large",
  428: "Confirmation needed",
  429: "Too many requests",
  503: "Not available right now",
  507: "No space left",
};

/** A whole page for any error that a browser meets on this instance. */
export function errorPage(site: Site, problem: Problem): PageResponse {
  const title = TITLES[problem.status] ?? "Something went wrong";
  const [href, words] = problem.onward ?? ["/", "Home"];
  return renderDocument(
    site,
    { title, section: "", status: problem.status, principal: problem.principal },
    <div class="error-page">
      <p class="error-status">{problem.status}</p>
      <h1>{title}</h1>
      <p class="lead">{problem.message}</p>
      {problem.hint === undefined ? null : <Note tone="quiet">{problem.hint}</Note>}
      {problem.status === 401 ? (
        <p>
          <a class="button" href={href}>
            {words}
          </a>
        </p>
      ) : (
        <p>
          Go on at <a href={href}>{words}</a>, or use the search above.
        </p>
      )}
    </div>,
  );
}

export function notFound(
  site: Site,
  request: PageRequest,
  what: string,
  onward: readonly [string, string],
): PageResponse {
  return errorPage(site, {
    status: 404,
    message: `${what} was not found.`,
    hint: "It may never have existed, or have been removed since.",
    principal: request.principal,
    onward,
  });
}
