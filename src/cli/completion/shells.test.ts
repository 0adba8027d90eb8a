import { execFile } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { bundleProgram } from "#testing";
import { startTestInstance } from "../testing.ts";

const run = promisify(execFile);
let dir: string;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "mbd-completion-"));
  const program = await bundleProgram("src/cli/testing-program.ts", dir);
  const launcher = join(dir, "mini-buildd");
  writeFileSync(launcher, `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`);
  chmodSync(launcher, 0o755);
  const { stdout: bash } = await run(launcher, ["completion", "bash"]);
  writeFileSync(join(dir, "completion.bash"), bash);
  const { stdout: zsh } = await run(launcher, ["completion", "zsh"]);
  writeFileSync(join(dir, "_mini-buildd"), zsh);
  const { stdout: fish } = await run(launcher, ["completion", "fish"]);
  writeFileSync(join(dir, "mini-buildd.fish"), fish);
});
afterAll(() => rmSync(dir, { recursive: true }));

async function shell(file: string, args: readonly string[], more: Record<string, string> = {}) {
  const env = { PATH: `${dir}:/usr/bin:/bin`, HOME: dir, TERM: "dumb", LC_ALL: "C.UTF-8", ...more };
  const { stdout } = await run(file, args, { env, cwd: dir, timeout: 15_000 });
  return stdout;
}

/** An instance has 300 ms to answer, which a machine that does much else may miss. */
const BUSY = { retry: 5, timeout: 60_000 };

type Complete = (line: string) => Promise<string[]>;

/** Calls the function that bash would call, with what bash would set. */
const inBash: Complete = async (line) => {
  const script = `
    source "$HOME/completion.bash"
    COMP_LINE=$1 COMP_POINT=\${#1} COMP_WORDBREAKS=$' \\t\\n"\\'@><=;|&(:'
    _mini_buildd
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const out = await shell("bash", ["--norc", "-c", script, "bash", line]);
  return out.split("\n").filter((each) => each !== "");
};

const inFish: Complete = async (line) => {
  const script = `source $HOME/mini-buildd.fish; complete -C "$argv[1]"`;
  const out = await shell("fish", ["--no-config", "-c", script, line]);
  return out
    .split("\n")
    .filter((each) => each !== "")
    .map((each) => each.replace(/\t.*/, ""));
};

/** Types the line and a tab in an interactive zsh, which prints what the completion function offers. */
const inZsh: Complete = async (line) => {
  writeFileSync(
    join(dir, "inner.zsh"),
    `PS1= PROMPT= ; unsetopt zle_bracketed_paste 2>/dev/null
autoload -Uz compinit && compinit -u -D
source "$HOME/_mini-buildd"
zstyle ':completion:*' list-colors ''
compadd() {
  if [[ \${@[(r)-d]} == -d ]]; then print -rl -- "<<" $values ">>"; fi
  builtin compadd "$@"
}
zle -C probe complete-word _probe
_probe() { _main_complete; print -r -- "==" }
bindkey '^I' probe
print READY
`,
  );
  const script = `
zmodload zsh/zpty
zpty inner "zsh -f -i"
zpty -w inner "source $HOME/inner.zsh"
zpty -r -m inner text "*READY*"
zpty -w -n inner "$1"$'\\t'
zpty -r -m inner text "*==*"
print -r -- "$text"
zpty -d inner`;
  const out = await shell("zsh", ["-f", "-c", script, "zsh", line]);
  const [, list = ""] = out.replaceAll("\r", "").split("<<\n");
  return (list.split(">>")[0] ?? "").split("\n").filter((each) => each !== "");
};

describe.each([
  ["bash", inBash],
  ["zsh", inZsh],
  ["fish", inFish],
] as const)("%s", (name, complete) => {
  test("commands and options", async () => {
    expect(await complete("mini-buildd ev")).toEqual(["events"]);
    expect(await complete("mini-buildd admin token --le")).toEqual(["--level"]);
    expect(await complete("mini-buildd-api local sources_list --format de")).toEqual(["deb822"]);
  });
  test("live values of an instance, whose address has colons", BUSY, async () => {
    const instance = await startTestInstance();
    expect(await complete(`mini-buildd api ${instance.url} migrate hello bookworm-test-`)).toEqual([
      "bookworm-test-stable",
      "bookworm-test-unstable",
    ]);
    const listed = await complete(`mini-buildd api ${instance.url} ls --repositories=te`);
    expect(listed).toEqual([name === "bash" ? "test" : "--repositories=test"]);
  });
  test("an instance that does not answer costs a moment, and nothing is offered", async () => {
    const silent = createServer();
    await new Promise<void>((resolve) => void silent.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void silent.close());
    const address = silent.address();
    const port = typeof address === "object" ? address?.port : undefined;
    expect(await complete(`mini-buildd api 127.0.0.1:${port} migrate `)).toEqual([]);
  });
});
