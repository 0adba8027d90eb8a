import type { ComponentChild } from "preact";
import type { Principal } from "#accounts";
import type { CallPage, CallPages } from "#api";
import { renderDocument } from "../document.tsx";
import type { Site } from "../page.ts";
import { urls } from "../urls.ts";
import { CallIndex } from "./call-index.tsx";
import { Confirmation } from "./confirmation.tsx";
import { CallForm } from "./form.tsx";
import { titleOf } from "./head.tsx";
import { ResultPage } from "./result-page.tsx";

/** The pages of all calls, made from their definitions alone. */
export function createCallPages(site: Site): CallPages {
  const { url } = site;
  const render = (
    page: { readonly title: string; readonly here: string; readonly principal: Principal },
    content: ComponentChild,
  ) => {
    const { title, here, principal } = page;
    return renderDocument({ ...site, here }, { title, section: "/api/", principal }, content).html;
  };
  const about = (page: CallPage) => ({
    title: titleOf(page.view),
    here: formOf(page),
    principal: page.principal,
  });
  return {
    index: (page) =>
      render(
        { title: "API", here: "/api/", principal: page.principal },
        <CallIndex calls={page.calls} url={url} />,
      ),
    form: (page) => render(about(page), <CallForm {...page} here={formOf(page)} url={url} />),
    confirm: (page) => {
      const { title, ...rest } = about(page);
      return render(
        { title: `Confirm: ${title}`, ...rest },
        <Confirmation {...page} change={formOf(page)} url={url} />,
      );
    },
    result: (page) => render(about(page), <ResultPage {...page} url={url} />),
  };
}

/** The form with what was given; texts of many lines do not fit into an address. */
function formOf({ view, given }: CallPage): string {
  const long = view.arguments.filter(({ kind }) => kind === "multiline").map(({ name }) => name);
  const short = Object.entries(given).filter(([name]) => !long.includes(name));
  return urls.callForm(view.name, Object.fromEntries(short));
}
