import type { ComponentChild, ComponentChildren } from "preact";

/** A section with its heading; `actions` stand at the end of the heading's line. */
export function Section(props: {
  readonly title: string;
  readonly id?: string;
  readonly look?: string;
  readonly actions?: ComponentChild;
  readonly children: ComponentChildren;
}) {
  const id = props.id ?? props.title.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
  return (
    <section aria-labelledby={id} class={props.look}>
      <div class="section-head">
        <h2 id={id}>{props.title}</h2>
        {props.actions}
      </div>
      {props.children}
    </section>
  );
}

/** Nothing here yet: says so, and what to do first. */
export function EmptyState({
  title,
  children,
}: {
  readonly title: string;
  readonly children?: ComponentChildren;
}) {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {children}
    </div>
  );
}

/** One line that explains, in the colour of how bad it is. */
export function Note(props: {
  readonly tone: "bad" | "wait" | "good" | "quiet";
  readonly children: ComponentChildren;
}) {
  return <div class={`note ${props.tone}`}>{props.children}</div>;
}

/** Facts as a list of names and values; facts without a value are left out. */
export function Facts({ facts }: { readonly facts: readonly (readonly [string, ComponentChild])[] }) {
  const known = facts.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return (
    <dl class="facts">
      {known.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** The part of a page that assets/live.js renews when something happens. */
export function Live({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <div data-live={name} class="live">
      {children}
    </div>
  );
}

/** Links behind a list that goes on. */
export function Pager(props: {
  readonly newest?: string | undefined;
  readonly older?: string | undefined;
  readonly words?: readonly [string, string];
}) {
  const [first, next] = props.words ?? ["Newest", "Older"];
  if (props.newest === undefined && props.older === undefined) return null;
  return (
    <nav class="pager" aria-label="Pages of this list">
      {props.newest === undefined ? null : <a href={props.newest}>{first}</a>}
      {props.older === undefined ? null : (
        <a href={props.older} rel="next">
          {next}
        </a>
      )}
    </nav>
  );
}
