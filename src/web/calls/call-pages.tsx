import type { ComponentChild } from "preact";
import type { Principal } from "#accounts";
import type { CallPages } from "#api";
import { renderDocument } from "../document.tsx";
import type { Site } from "../page.ts";
import { CallIndex } from "./call-index.tsx";
import { Confirmation } from "./confirmation.tsx";
import { CallForm } from "./form.tsx";
import { titleOf } from "./head.tsx";
import { ResultPage } from "./result-page.tsx";

/** The pages of all calls, made from their definitions alone. */
export function createCallPages(site: Site): CallPages {
  const render = (title: string, principal: Principal, content: ComponentChild) =>
    renderDocument(site, { title, section: "/api/", principal }, content).html;
  return {
    index: (page) => render("API", page.principal, <CallIndex {...page} url={site.url} />),
    form: (page) => render(titleOf(page.view), page.principal, <CallForm {...page} url={site.url} />),
    confirm: (page) =>
      render(`Confirm: ${titleOf(page.view)}`, page.principal, <Confirmation {...page} url={site.url} />),
    result: (page) => render(titleOf(page.view), page.principal, <ResultPage {...page} url={site.url} />),
  };
}
