import type { AnyArgument } from "./arguments/index.ts";
import { type CallDefinition, goesByPost } from "./call.ts";

type Texts = Readonly<Record<string, string>>;

/** The command line that runs the same call: `given` holds texts by identity. */
export function commandLine(call: CallDefinition, given: Texts, endpoint: string): string {
  const words = ["mini-buildd", "api", endpoint, call.name];
  const positional: string[] = [];
  let piped = "";
  for (const argument of Object.values(call.arguments)) {
    const text = given[argument.identity];
    const word = text === undefined ? undefined : wordFor(argument, text);
    if (word === "-" && text !== undefined) piped = `printf %s ${shellWord(text)} | `;
    if (argument.positional) positional.push(word ?? argument.header);
    else if (word !== undefined) {
      words.push(argument.ids[0] ?? "");
      if (argument.needsValue) words.push(word);
    }
  }
  // Behind "--" nothing is an option, whatever it begins with.
  if (positional.some((word) => word.startsWith("-") && word !== "-")) words.push("--");
  return piped + [...words, ...positional].map(shellWord).join(" ");
}

/** `-` and `@FILE` mean the content of standard input or of a file: a text that looks so must come from there itself. */
function wordFor(argument: AnyArgument, text: string): string {
  return argument.kind === "multiline" && (text === "-" || text.startsWith("@")) ? "-" : text;
}

/** The request that runs the same call, for curl(1). */
export function curlLine(call: CallDefinition, given: Texts, url: string): string {
  const fields = Object.values(call.arguments).flatMap(({ identity, required, header }) => {
    const value = given[identity] ?? (required ? header : undefined);
    return value === undefined ? [] : [[identity, value] as const];
  });
  const token = call.level === "NONE" ? "" : ' -H "Authorization: Bearer $TOKEN"';
  const begin = `curl -sS --fail-with-body${token}`;
  if (!goesByPost(call)) {
    const query = new URLSearchParams([...fields.map(([name, value]) => [name, value]), ["output", "json"]]);
    return `${begin} ${shellWord(`${url}/api/${call.name}?${query}`)}`;
  }
  const body = call.confirm ? [...fields, ["confirm", call.name] as const] : fields;
  const data = body.map(([name, value]) => ` --data-urlencode ${shellWord(`${name}=${value}`)}`).join("");
  // Without data curl would not POST.
  return `${begin}${data === "" ? " -X POST" : data} ${shellWord(`${url}/api/${call.name}?output=json`)}`;
}

function shellWord(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./~-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
