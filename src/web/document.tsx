import type { ComponentChild } from "preact";
import { renderToString } from "preact-render-to-string";
import type { Principal } from "#accounts";
import { NowContext } from "./components/time.tsx";
import { Layout, type LayoutProps } from "./layout.tsx";
import type { PageResponse, Site } from "./page.ts";

export interface DocumentOptions extends Omit<LayoutProps, "children" | "site"> {
  readonly status?: number;
}

/** A whole HTML document around `content`. */
export function renderDocument(site: Site, options: DocumentOptions, content: ComponentChild): PageResponse {
  const { status = 200, ...layout } = options;
  const page = (
    <Layout {...layout} site={site}>
      {content}
    </Layout>
  );
  return { status, html: `<!doctype html>\n${renderFragment(site, page)}` };
}

/**
 * The document around a part that somebody else rendered as safe HTML: the pages of calls and their forms.
 * `path` says which entry of the navigation it belongs to.
 */
export function createLayout(
  site: Site,
): (page: { title: string; html: string; path: string; principal: Principal }) => string {
  return ({ title, html, path, principal }) => {
    const section = path.startsWith("/api") ? "/api/" : "";
    const content = (
      <>
        <h1>{title}</h1>
        {/* Made by the caller's own escaping templates. */}
        <div class="plain-html" dangerouslySetInnerHTML={{ __html: html }} />
      </>
    );
    return renderDocument({ ...site, here: path }, { title, section, principal }, content).html;
  };
}

/** HTML of `content` alone, cleaned as a document is. */
export function renderFragment(site: Site, content: ComponentChild): string {
  const tree = <NowContext.Provider value={site.clock.now()}>{content}</NowContext.Provider>;
  return harmless(renderToString(tree));
}

/**
 * Names, messages and logs are anybody's text. Preact escapes what HTML reads as markup; this replaces what would still
 * fool the eye or a parser, wherever it comes from: control characters (shown as their pictures), lone surrogates, and
 * the marks that reverse the direction of text (UAX #9: what is read would not be what is there).
 */
export function harmless(html: string): string {
  // Hardly a page has any of them, and to look for pairs of surrogates takes long.
  if (!SUSPICIOUS.test(html)) return html;
  return html
    .replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f]/g, (character) =>
      character === "\u007f" ? "\u2421" : String.fromCharCode(0x2400 + character.charCodeAt(0)),
    )
    .replaceAll(/[\u0080-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]|\p{Surrogate}/gu, "\ufffd");
}

/** All that is replaced above, and whole pairs of surrogates. */
const SUSPICIOUS =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]/;
