import { readdir } from "node:fs/promises";
import { findBelow, isVisibleName } from "./files.ts";
import { type Html, html } from "./html.ts";

interface Entry {
  readonly name: string;
  readonly directory: boolean;
  readonly sizeBytes: number;
  readonly modifiedAt: Date;
}

/** A directory for people: sorted, directories first, sizes and times; no script needed. */
export async function listingPage(root: string, path: string): Promise<Html> {
  const entries = await readEntries(root, path);
  const up = path === "" ? [] : [html`<tr><td><a href="../">../</a></td><td></td><td></td></tr>`];
  return html`<table><thead><tr><th>Name</th><th>Size</th><th>Modified (UTC)</th></tr></thead>
<tbody>
${[...up, ...entries.map(row)]}
</tbody></table>`;
}

async function readEntries(root: string, path: string): Promise<Entry[]> {
  const directory = path === "" ? root : `${root}/${path}`;
  const names = (await readdir(directory)).filter(isVisibleName).sort();
  const entries: Entry[] = [];
  for (const name of names) {
    // A file may go away while the list is made, and links that lead elsewhere are not shown.
    const found = await findBelow(root, path === "" ? name : `${path.replace(/\/$/, "")}/${name}`);
    if (found === undefined) continue;
    const { stats } = found;
    entries.push({ name, directory: stats.isDirectory(), sizeBytes: stats.size, modifiedAt: stats.mtime });
  }
  return [...entries.filter((entry) => entry.directory), ...entries.filter((entry) => !entry.directory)];
}

function row(entry: Entry): Html {
  const slash = entry.directory ? "/" : "";
  const size = entry.directory ? "" : String(entry.sizeBytes);
  const time = entry.modifiedAt.toISOString().slice(0, 19).replace("T", " ");
  return html`<tr><td><a href="./${encodeURIComponent(entry.name)}${slash}">${entry.name}${slash}</a></td><td>${size}</td><td>${time}</td></tr>
`;
}
