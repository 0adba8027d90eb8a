import type { LogLine, QaResult } from "./build-result.ts";

/** One run of piuparts, as its log tells it. */
export interface PiupartsRun {
  /** Its own exit status; null: it did not come to its end. */
  readonly exit: number | null;
  readonly counts: Readonly<Record<"fail" | "warn", number>>;
  /** A command failed that installs, upgrades or removes packages, and not for want of a download. */
  readonly packageFailed: boolean;
  /** What made the result, the first fifty. */
  readonly lines: readonly LogLine[];
}

export interface PiupartsReader {
  push(text: string, line: number): void;
  read(): PiupartsRun;
}

const MAX_LINES = 50;
const MAX_LENGTH = 400;
/** Of the list below a finding, which may be long. */
const MAX_DETAILS = 10;
/** Lines of piuparts itself begin so; what packages print is indented. */
const OWN = /^[0-9]+m[0-9.]+s ([A-Z]+): (.*)$/;
/** Said, instead of beginning, where the host could be reached from the chroots. */
export const NO_WALL = "mini-buildd: piuparts has no wall";
const END = /^MBD-PIUPARTS end exit=([0-9]{1,3})$/;
/** apt itself, in the output of a command, which is indented. */
const NO_DOWNLOAD = /^ {2}(?:Err:[0-9]+ |E: (?:Failed|Unable) to fetch )/;
/** dpkg begins: apt has all packages then, and what is printed may be theirs. */
const UNPACKING =
  /^ {2}(?:Preconfiguring |Selecting |\(Reading database |Preparing to unpack |Unpacking |Setting up |Removing |Purging |Processing triggers )/;
const APT_ACTIONS = ["install", "upgrade", "dist-upgrade", "full-upgrade", "remove", "purge", "autoremove"];
const DPKG_ACTIONS = ["--install", "-i", "--unpack", "--configure", "--remove", "-r", "--purge", "-P"];

export function createPiupartsReader(): PiupartsReader {
  const counts = { fail: 0, warn: 0 };
  const lines: LogLine[] = [];
  let exit: number | null = null;
  let packageFailed = false;
  /** The command that failed last is one of the package's, unless apt says that a download failed. */
  let suspect = false;
  /** What the output of that command says is still apt's. */
  let downloading = false;
  let details = 0;

  function keep(text: string, line: number): void {
    if (lines.length < MAX_LINES) lines.push({ line, text: text.slice(0, MAX_LENGTH) });
  }
  function settle(): void {
    if (suspect) packageFailed = true;
    suspect = false;
  }
  function own(level: string, words: string, text: string, line: number): void {
    settle();
    const finding = /^(FAIL|WARN): /.exec(words)?.[1] ?? (level === "FAIL" || level === "WARN" ? level : "");
    if (finding === "FAIL") counts.fail += 1;
    if (finding === "WARN") counts.warn += 1;
    const command = level === "ERROR" && /^Command failed \(status=-?[0-9]+\): (.*)$/.exec(words)?.[1];
    if (command) suspect = changesPackages(command);
    downloading = suspect;
    const matters = finding !== "" || level === "ERROR";
    details = matters ? MAX_DETAILS : 0;
    if (matters) keep(text, line);
  }

  return {
    push(text, line) {
      const [, level, words] = OWN.exec(text) ?? [];
      const end = END.exec(text)?.[1];
      if (end !== undefined) {
        settle();
        exit = Number(end);
      } else if (level !== undefined && words !== undefined) own(level, words, text, line);
      else if (text === NO_WALL) keep(text, line);
      else {
        if (UNPACKING.test(text)) downloading = false;
        if (downloading && NO_DOWNLOAD.test(text)) suspect = false;
        if (details > 0) keep(text, line);
        details -= 1;
      }
    },
    read() {
      settle();
      return { exit, counts: { ...counts }, packageFailed, lines };
    },
  };
}

/** Whether a command, printed as a list by Python, installs, upgrades or removes packages. */
export function changesPackages(command: string): boolean {
  const words = [...command.matchAll(/'((?:[^'\\]|\\.)*)'/g)].map(([, word = ""]) => word);
  const program = words.findIndex((word) => /^(?:\/usr\/bin\/)?(?:apt-get|apt|dpkg)$/.test(word));
  if (program === -1) return false;
  const actions = words[program]?.endsWith("dpkg") ? DPKG_ACTIONS : APT_ACTIONS;
  return words.slice(program + 1).some((word) => actions.includes(word));
}

/** The table of builds.md 8.3. */
export function piupartsResult({ exit, counts, packageFailed }: PiupartsRun): QaResult {
  if (exit === 0) return counts.warn > 0 ? "WARN" : "PASS";
  return exit !== null && (counts.fail > 0 || packageFailed) ? "FAIL" : "ERROR";
}
