/** What a status line tells of an event, wherever the event came from. */
export interface StatusFacts {
  readonly type: string;
  readonly distribution?: string | undefined;
  readonly source?: string | undefined;
  readonly version?: string | undefined;
  readonly arch?: string | undefined;
  readonly message: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Of a build that goes on, nothing is known yet. */
const MARKS: Readonly<Record<string, string>> = { BUILT: "+", SKIPPED: "~", FAILED: "-", CANCELLED: "-" };

/** `<STATUS> (<dist>): <source> <version> [<arches>]: <message>` (pipeline.md 9), in one line. */
export function statusLine(event: StatusFacts): string {
  const place = event.distribution === undefined ? "" : ` (${event.distribution})`;
  return `${event.type}${place}: ${statusText(event)}`;
}

/** What stands behind status and distribution. */
export function statusText(event: StatusFacts): string {
  const { source, version, message } = event;
  const subject = [source, version, architectures(event)].filter((word) => word !== undefined && word !== "");
  return [subject.join(" "), message]
    .filter((part) => part !== "")
    .join(": ")
    .replaceAll(/\s+/g, " ");
}

/** `[+amd64, -arm64, ~armhf]`: good, not good, skipped. */
function architectures({ arch, data }: StatusFacts): string {
  const builds = Array.isArray(data.builds) ? data.builds : [{ arch, state: data.state }];
  const marked = builds.flatMap((build: unknown) => {
    const { arch: name, state } = (build ?? {}) as { arch?: unknown; state?: unknown };
    return typeof name === "string" ? [`${MARKS[String(state)] ?? ""}${name}`] : [];
  });
  return marked.length === 0 ? "" : `[${marked.join(", ")}]`;
}
