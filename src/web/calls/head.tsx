import type { ComponentChildren } from "preact";
import type { CallView } from "#api";

const WHO: Readonly<Record<string, string>> = {
  NONE: "Anybody may",
  LOGIN: "Needs a sign-in",
  STAFF: "Needs level STAFF",
  ADMIN: "Needs level ADMIN",
};

/** First line of a call's words. */
export function titleOf(view: CallView): string {
  return view.doc.split("\n", 1)[0] ?? view.name;
}

/** What a call is, who may and what it touches; above its form, confirmation and result. */
export function CallHead({
  view,
  children,
}: {
  readonly view: CallView;
  readonly children?: ComponentChildren;
}) {
  const more = view.doc.split("\n").slice(1).join("\n").trim();
  return (
    <>
      <p class="trail">
        <a href="/api/">API</a> · {view.category}
      </p>
      <div class="page-head">
        <h1>{titleOf(view)}</h1>
        <code>{view.name}</code>
      </div>
      <ul class="marks">
        {marksOf(view).map((mark) => (
          <li key={mark}>{mark}</li>
        ))}
      </ul>
      {more === "" ? null : more.split(/\n{2,}/).map((part) => <p key={part}>{part}</p>)}
      {children}
    </>
  );
}

function marksOf(view: CallView): readonly string[] {
  return [
    WHO[view.level] ?? view.level,
    changeOf(view),
    ...(view.needs_running ? ["Needs the running engine"] : []),
    ...(view.available === false ? ["Not available yet"] : []),
  ];
}

/** What a call changes, in a few words. */
export function changeOf(view: CallView): string {
  if (!view.changes) return "Only reads";
  return view.confirm ? "Changes something, and asks first" : "Changes something";
}
