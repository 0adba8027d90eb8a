import type { Layout } from "./deps.ts";

/** Text made safe for element content and quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}

/** Markup that may be put into a template as it is. */
export interface Html {
  readonly html: string;
}

type Part = string | number | Html | readonly Html[];

/** Template tag: everything put in is escaped unless it is markup made by this tag. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  const out = strings.map((text, index) => {
    const part = parts[index];
    return part === undefined ? text : text + markup(part);
  });
  return { html: out.join("") };
}

function markup(part: Part): string {
  if (typeof part === "string" || typeof part === "number") return escapeHtml(String(part));
  if ("html" in part) return part.html;
  return part.map((item) => item.html).join("");
}

export const NO_HTML: Html = { html: "" };

/** The frame used when `#web` gives none. */
export const plainLayout: Layout = (page) =>
  `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(page.title)} – mini-buildd</title>
</head>
<body>
<main>
<h1>${escapeHtml(page.title)}</h1>
${page.html}
</main>
</body>
</html>
`;
