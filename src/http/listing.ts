import type { Dirent } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { isVisibleName, lookBelow } from "./files.ts";
import { type Html, html, NO_HTML } from "./html.ts";

/** Entries of one page: a pool may have directories with tens of thousands, and each costs a look at the disk. */
export const PAGE_ENTRIES = 1000;
const LOOKS_AT_ONCE = 32;

export interface Listing {
  /** Both with all links resolved. */
  readonly root: string;
  readonly directory: string;
  /** Nothing is above. */
  readonly top: boolean;
  /** As in the address, from 1; anything else is the first page. */
  readonly page: string;
}

interface Name {
  readonly name: string;
  readonly directory: boolean;
}

interface Entry extends Name {
  readonly sizeBytes: number;
  readonly modifiedAt: Date;
}

/** A directory for people: sorted, directories first, sizes and times, in pages; no script needed. */
export async function listingPage(listing: Listing): Promise<Html> {
  const names = await sortedNames(listing);
  const pages = Math.max(1, Math.ceil(names.length / PAGE_ENTRIES));
  const page = /^[1-9][0-9]{0,8}$/.test(listing.page) ? Math.min(Number(listing.page), pages) : 1;
  const shown = names.slice((page - 1) * PAGE_ENTRIES, page * PAGE_ENTRIES);
  const entries = await inTurns(shown, (name) => look(listing, name));
  const up = listing.top ? [] : [html`<tr><td><a href="../">../</a></td><td></td><td></td></tr>`];
  return html`<table><thead><tr><th>Name</th><th>Size</th><th>Modified (UTC)</th></tr></thead>
<tbody>
${[...up, ...entries.map(row)]}
</tbody></table>
${pageLinks(page, pages, names.length)}`;
}

/** Links that lead elsewhere are not shown, and need a look to know what they are. */
async function sortedNames(listing: Listing): Promise<Name[]> {
  const all = (await readdir(listing.directory, { withFileTypes: true })).filter(({ name }) =>
    isVisibleName(name),
  );
  const links = await inTurns(
    all.filter((entry) => entry.isSymbolicLink()),
    (entry) => look(listing, entry),
  );
  return sorted([
    ...all.filter(isPlain).map((entry): Name => ({ name: entry.name, directory: entry.isDirectory() })),
    ...links.map(({ name, directory }): Name => ({ name, directory })),
  ]);
}

function isPlain(entry: Dirent): boolean {
  return entry.isFile() || entry.isDirectory();
}

/** Directories first, by bytes. */
function sorted(names: readonly Name[]): Name[] {
  return names.toSorted(
    (a, b) => Number(b.directory) - Number(a.directory) || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
  );
}

/** Undefined when it went away while the list is made. */
async function look(
  { root, directory }: Listing,
  { name }: { readonly name: string },
): Promise<Entry | undefined> {
  const found = await lookBelow(root, join(directory, name));
  if (found === undefined) return undefined;
  const { stats } = found;
  return { name, directory: stats.isDirectory(), sizeBytes: stats.size, modifiedAt: stats.mtime };
}

/** Some at a time, in order, without those that are undefined. */
async function inTurns<T, R>(items: readonly T[], act: (item: T) => Promise<R | undefined>): Promise<R[]> {
  const results: R[] = [];
  for (let from = 0; from < items.length; from += LOOKS_AT_ONCE) {
    const batch = await Promise.all(items.slice(from, from + LOOKS_AT_ONCE).map(act));
    results.push(...batch.filter((result) => result !== undefined));
  }
  return results;
}

function row(entry: Entry): Html {
  const slash = entry.directory ? "/" : "";
  const size = entry.directory ? "" : String(entry.sizeBytes);
  const time = entry.modifiedAt.toISOString().slice(0, 19).replace("T", " ");
  return html`<tr><td><a href="./${encodeURIComponent(entry.name)}${slash}">${entry.name}${slash}</a></td><td>${size}</td><td>${time}</td></tr>
`;
}

function pageLinks(page: number, pages: number, entries: number): Html {
  if (pages === 1) return NO_HTML;
  const before = page === 1 ? NO_HTML : html`<a href="?page=${page - 1}" rel="prev">Previous page</a> `;
  const after = page === pages ? NO_HTML : html` <a href="?page=${page + 1}" rel="next">Next page</a>`;
  return html`<p>${before}Page ${page} of ${pages}, ${entries} entries${after}</p>
`;
}
