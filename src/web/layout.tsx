import type { ComponentChildren } from "preact";
import { hasLevel, type Principal } from "#accounts";
import { Who } from "./components/who.tsx";
import type { Site } from "./page.ts";
import { urls, withQuery } from "./urls.ts";

export interface LayoutProps {
  readonly site: Site;
  readonly title: string;
  /** Path of the navigation entry this page belongs to. */
  readonly section: string;
  readonly principal?: Principal | undefined;
  /** Filter of the events that concern this page and the last one it shows; without it the page is not live. */
  readonly live?: LiveOptions | undefined;
  readonly children: ComponentChildren;
}

export interface LiveOptions {
  readonly after: number;
  readonly source?: string | undefined;
  readonly distribution?: string | undefined;
  readonly type?: string | undefined;
}

/** The later ones may override the earlier. */
const STYLES = [
  "base.css",
  "parts.css",
  "events.css",
  "tables.css",
  "calls.css",
  "log.css",
  "people.css",
  "narrow.css",
] as const;

const NAVIGATION = [
  ["/", "Home"],
  ["/repositories/", "Repositories"],
  ["/builds/", "Builds"],
  ["/events", "Events"],
  ["/api/", "API"],
] as const;

const FOR_ADMINISTRATORS = [
  ["/users/", "Users"],
  ["/audit", "Audit"],
] as const;

/** The document around a page: head without anything inline, header, navigation, footer. */
export function Layout(props: LayoutProps) {
  const { site, title, section, principal, live } = props;
  const administrator = principal !== undefined && hasLevel(principal, "ADMIN");
  const navigation = administrator ? [...NAVIGATION, ...FOR_ADMINISTRATORS] : NAVIGATION;
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>{`${title} · ${site.identity}`}</title>
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="referrer" content="same-origin" />
        <link rel="icon" type="image/svg+xml" href={site.assets.href("icon.svg")} />
        {STYLES.map((name) => (
          <link key={name} rel="stylesheet" href={site.assets.href(name)} />
        ))}
        <script type="module" src={site.assets.href("main.js")} />
      </head>
      <body data-stream={live === undefined ? undefined : streamAddress(live)}>
        <a class="skip" href="#content">
          Skip to content
        </a>
        <header class="top">
          <div class="bar">
            <a class="brand" href="/" aria-label={`${site.identity}, home`}>
              <Mark />
              <span>{site.identity}</span>
            </a>
            <nav aria-label="Main">
              <ul>
                {navigation.map(([href, label]) => (
                  <li key={href}>
                    <a href={href} aria-current={href === section ? "page" : undefined}>
                      {label}
                    </a>
                  </li>
                ))}
              </ul>
            </nav>
            <search class="find">
              <form action="/search" method="get">
                <label class="visually-hidden" for="find">
                  Search packages and builds
                </label>
                <input
                  id="find"
                  type="search"
                  name="q"
                  placeholder="Search packages"
                  maxlength={100}
                  autocomplete="off"
                />
              </form>
            </search>
            <Who principal={principal} section={section} here={site.here} />
          </div>
        </header>
        <main id="content" tabIndex={-1}>
          <EngineNote state={site.engine()} isAdministrator={principal?.level === "ADMIN"} />
          {props.children}
        </main>
        <footer class="bottom">
          <div class="bar">
            <span>
              mini-buildd {site.version} on {site.hostname}
            </span>
            <span class="spread" data-connection role="status" />
          </div>
        </footer>
      </body>
    </html>
  );
}

interface EngineNoteProps {
  readonly state: "running" | "draining" | "stopped";
  readonly isAdministrator: boolean;
}

/** On every page while the engine is off. */
function EngineNote({ state, isAdministrator }: EngineNoteProps) {
  if (state === "running") return null;
  const now = state === "stopped" ? "is stopped" : "is draining: builds that run go on to their end";
  return (
    <p class="note bad">
      <strong>The engine {now}.</strong> Uploads are refused and no new builds begin until{" "}
      {isAdministrator ? <a href={urls.call("start")}>you start it</a> : "an administrator starts it"}:{" "}
      <code>mini-buildd api ENDPOINT start</code>.
    </p>
  );
}

function streamAddress(live: LiveOptions): string {
  const { after, source, distribution, type } = live;
  return withQuery("/api/events", { after: String(after), source, distribution, type });
}

function Mark() {
  return (
    <svg class="mark" viewBox="0 0 24 24" width="22" height="22" aria-hidden="true" focusable="false">
      <path class="mark-top" d="M12 2 21 7 12 12 3 7Z" />
      <path class="mark-left" d="M3 8.6 11.2 13.2V22L3 17.4Z" />
      <path class="mark-right" d="M21 8.6 12.8 13.2V22L21 17.4Z" />
    </svg>
  );
}
