// docs/reference/events.md from the table of event types.
import { cell, code, page, table } from "./docs-markdown.mjs";

export function eventsPage({ EVENT_KINDS }) {
  const kinds = Object.entries(EVENT_KINDS);
  const types = kinds.map(([type, { when, data, mailed }]) => [
    `[${type}](#${type.toLowerCase()})`,
    cell(when),
    Object.keys(data).map(code).join(", "),
    mailed ? "yes" : "",
  ]);
  const details = kinds.map(([type, { when, data }]) => {
    const rows = Object.entries(data).map(([name, meaning]) => [code(name), cell(meaning)]);
    return `### ${type}\n\n${when[0].toUpperCase()}${when.slice(1)}.\n\n${table(["in `data`", "meaning"], rows)}`;
  });
  return page(
    "Events",
    INTRODUCTION,
    "## Types",
    table(["type", "when", "in `data`", "mail"], types),
    FORM,
    STATUS_LINE,
    READING,
    "## Data of each type",
    ...details,
  );
}

const INTRODUCTION = `Whatever happens is an event with a number. Numbers have no gaps and follow the order of the changes: who has seen number n asks for all after n and misses nothing.`;

const FORM = `## Form

\`\`\`json
{
  "id": 4711,
  "type": "BUILT",
  "time": "2024-01-02T03:04:05.678Z",
  "instance": "example",
  "source": "hello",
  "version": "2.10-3~test12+1",
  "distribution": "bookworm-test-unstable",
  "repository": "test",
  "codename": "bookworm",
  "suite": "unstable",
  "component": "main",
  "arch": "amd64",
  "bkey": "hello/2.10-3~test12+1/20240102T030000Z/source amd64",
  "upload": 17,
  "packaging": 15,
  "build": 31,
  "actor": { "kind": "system", "name": "example" },
  "message": "built",
  "data": { "state": "BUILT", "attempt": 1 },
  "links": {
    "upload": "/uploads/17",
    "packaging": "/packagings/15",
    "build": "/builds/31",
    "log": "/builds/31/log",
    "package": "/packages/hello",
    "distribution": "/distributions/bookworm-test-unstable"
  }
}
\`\`\`

Values that make no sense for an event are left out. Links are paths on the instance. \`actor.kind\` is \`key\` (an OpenPGP fingerprint), \`user\`, \`token\`, \`worker\` or \`system\`.`;

const STATUS_LINE = `## The status line

The command line and the subjects of mails show an event in one line:

\`\`\`
INSTALLED (bookworm-test-unstable): hello 2.10-3~test12+1 [+amd64, -arm64, ~armhf]: installed
\`\`\`

\`+\` is a good build, \`-\` one that is not, \`~\` one with nothing to do; without a mark it goes on.`;

const READING = `## Reading them

- Page: \`/events\`, live with JavaScript; as a feed (Atom) at \`/events.atom\`.
- Command: \`mini-buildd events ENDPOINT\`, see [command line](command-line.md#mini-buildd-events).
- Web hook: each event is sent to an address of yours, see [be told by web hook](../howto/be-told-by-web-hook.md).
- Mail: to people, see [send mail](../howto/send-mail.md#mails-about-packages).
- HTTP: \`GET /api/events\`. With \`Accept: text/event-stream\` it is a stream that goes on (server-sent events; \`Last-Event-ID\` resumes), otherwise JSON: \`{"events": […], "last": 4711}\`; \`last\` is what to give as \`after\` next time. With \`after\`, there may be more until \`last\` stays the same, even if \`events\` is empty (\`min_version\` looks at a bounded number at a time).

| parameter | meaning |
| --- | --- |
| \`after\` | only events with a higher number; without it, the newest |
| \`limit\` | at most so many (1 to 1000, default 100) |
| \`type\` | types, separated by commas |
| \`source\`, \`version\`, \`distribution\` | only these |
| \`min_version\` | this version or a higher one |
| \`packaging\` | number of a packaging |
| \`bkey\` | a build key: this packaging, or this build |

\`\`\`
curl 'http://localhost:8066/api/events?type=INSTALLED,FAILED&source=hello'
curl -N -H 'Accept: text/event-stream' 'http://localhost:8066/api/events?after=4711'
\`\`\``;
