import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";

export type ContextOptions = NonNullable<Parameters<Browser["newContext"]>[0]>;

/** A real chromium, and what its pages asked for, said on the console, or threw. */
export interface Browsing {
  readonly requests: string[];
  readonly complaints: string[];
  /** A page in the context of the last `begin`. */
  open(url: string): Promise<Page>;
  /** Begins anew: no cookies, nothing asked for yet. */
  begin(options?: ContextOptions): Promise<BrowserContext>;
  /** Puts a picture of a page into the directory MBD_SHOTS, for people to look at; without it, does nothing. */
  picture(page: Page, name: string): Promise<void>;
  /** What axe finds wrong with a page. */
  faults(page: Page): Promise<string[]>;
  close(): Promise<void>;
}

interface AxeRun {
  readonly passes: readonly { readonly id: string }[];
  readonly violations: readonly {
    readonly id: string;
    readonly nodes: readonly { readonly html: string }[];
  }[];
}

const AXE_RUN =
  "axe.run({ runOnly: ['wcag2a','wcag2aa','wcag21a','wcag21aa','wcag22aa','best-practice'], rules: { 'target-size': { enabled: true } } })";

export async function startBrowsing(): Promise<Browsing> {
  const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  const quiet = ["--disable-quic", "--no-first-run", "--disable-background-networking"];
  const browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-component-update", "--disable-sync", ...quiet],
  });
  const requests: string[] = [];
  const complaints: string[] = [];
  let context: BrowserContext | undefined;

  async function begin(options: ContextOptions = {}): Promise<BrowserContext> {
    await context?.close();
    requests.length = 0;
    complaints.length = 0;
    context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    return context;
  }

  return {
    requests,
    complaints,
    begin,
    async open(url) {
      const page = await (context ?? (await begin())).newPage();
      page.on("request", (request) => requests.push(request.url()));
      page.on("console", (message) => {
        if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
      });
      page.on("pageerror", (error) => complaints.push(error.message));
      page.on("dialog", (dialog) => complaints.push(`dialog: ${dialog.message()}`));
      await page.goto(url);
      return page;
    },
    async picture(page, name) {
      const directory = process.env.MBD_SHOTS;
      if (directory === undefined) return;
      await mkdir(directory, { recursive: true });
      await page.screenshot({ path: `${directory}/${name}.png`, fullPage: true });
    },
    async faults(page) {
      await page.evaluate(axe);
      const run = (await page.evaluate(AXE_RUN)) as AxeRun;
      const looked = run.passes.map(({ id }) => id);
      // It did look at colours and sizes, whatever it found.
      const unseen = ["color-contrast", "target-size"].filter((id) => !looked.includes(id));
      const found = run.violations.map(
        ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" | ")}`,
      );
      return [...unseen.map((id) => `not looked at: ${id}`), ...found];
    },
    async close() {
      await context?.close();
      await browser.close();
    },
  };
}
