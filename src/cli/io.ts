import pico from "picocolors";

/** What the command line reads and writes. Data goes to `out`, progress and questions to `err`. */
export interface CliIo {
  out(text: string): void;
  err(text: string): void;
  readonly outIsTerminal: boolean;
  readonly errIsTerminal: boolean;
  readonly inIsTerminal: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** All of standard input. */
  readInput(): Promise<string>;
  /** Asks on the terminal; `hidden` shows nothing of what is typed. */
  ask(question: string, options?: { hidden?: boolean }): Promise<string>;
  /** Aborts when the user interrupts (Ctrl-C). */
  readonly interrupted: AbortSignal;
}

export type Colors = ReturnType<typeof pico.createColors>;

/** Colours only on a terminal, and never with NO_COLOR (https://no-color.org). */
export function colorsFor(io: CliIo, terminal: boolean): Colors {
  const { NO_COLOR: noColor = "", TERM: term } = io.env;
  return pico.createColors(terminal && noColor === "" && term !== "dumb");
}

/** Makes text of others safe for a terminal: no control or escape characters but newline and tab. */
export function terminalText(text: string): string {
  return text.replace(/[^\P{Cc}\n\t]/gu, "?");
}

/** The real terminal of this process. */
export function systemIo(): CliIo {
  let interrupt: AbortController | undefined;
  // A reader that has seen enough (`| head`) is no error.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    outIsTerminal: process.stdout.isTTY === true,
    errIsTerminal: process.stderr.isTTY === true,
    inIsTerminal: process.stdin.isTTY === true,
    env: process.env,
    // Only who asks for it takes Ctrl-C over; for all others it ends the process as usual.
    get interrupted() {
      if (interrupt !== undefined) return interrupt.signal;
      const controller = new AbortController();
      interrupt = controller;
      process.once("SIGINT", () => controller.abort());
      return controller.signal;
    },
    async readInput() {
      let text = "";
      for await (const chunk of process.stdin.setEncoding("utf8") as AsyncIterable<string>) text += chunk;
      return text;
    },
    ask: askTerminal,
  };
}

async function askTerminal(question: string, options: { hidden?: boolean } = {}): Promise<string> {
  const [{ createInterface }, { Writable }] = await Promise.all([
    import("node:readline"),
    import("node:stream"),
  ]);
  process.stderr.write(question);
  const muted = new Writable({ write: (_chunk, _encoding, done) => done() });
  const output = options.hidden === true ? muted : process.stderr;
  const lines = createInterface({ input: process.stdin, output, terminal: true });
  try {
    return await new Promise((resolve) => {
      lines.once("line", resolve);
      lines.once("close", () => resolve(""));
    });
  } finally {
    lines.close();
    if (options.hidden === true) process.stderr.write("\n");
  }
}
