import { parse } from "diff2html";
import { CopyBlock } from "../components/copy-block.tsx";

/** Beyond these a page would be too much for a browser; the plain text has all. */
const MAX_CHARS = 1_000_000;
const MAX_LINES = 4000;

type DiffFile = ReturnType<typeof parse>[number];
type DiffLine = DiffFile["blocks"][number]["lines"][number];

const LOOKS: Readonly<Record<DiffLine["type"], string>> = {
  insert: "diff-line added",
  delete: "diff-line removed",
  context: "diff-line",
};

/** A unified diff, file by file. `raw`: address of the whole text. */
export function Diff({ text, raw }: { readonly text: string; readonly raw?: string }) {
  const whole = text.length <= MAX_CHARS;
  // To the parser a carriage return ends a line: a file could hold the heads of other files behind one.
  const safe = (whole ? text : text.slice(0, text.lastIndexOf("\n", MAX_CHARS))).replaceAll("\r", "␍");
  const files = parse(safe);
  if (files.length === 0) return <CopyBlock text={text.slice(0, MAX_CHARS)} label="Difference" />;
  const { shown, left } = withinLimit(files);
  return (
    <div class="diff">
      {shown.map((file, index) => (
        <File key={index} file={file} />
      ))}
      {whole && left === 0 ? null : (
        <p class="sub">
          There is more than a page can show{raw === undefined ? "." : ": "}
          {raw === undefined ? null : <a href={raw}>the whole difference</a>}
        </p>
      )}
    </div>
  );
}

/** The first files, as many lines as may be shown; `left` is the number of lines that are not. */
function withinLimit(files: readonly DiffFile[]): { shown: DiffFile[]; left: number } {
  let room = MAX_LINES;
  let left = 0;
  const shown = files.map((file) => {
    const blocks = file.blocks.map((block) => {
      const lines = block.lines.slice(0, room);
      room -= lines.length;
      left += block.lines.length - lines.length;
      return { ...block, lines };
    });
    return { ...file, blocks };
  });
  return { shown, left };
}

function File({ file }: { readonly file: DiffFile }) {
  return (
    <details class="diff-file" open>
      <summary>
        <code>{nameOf(file)}</code>{" "}
        <span class="diff-count">
          +{file.addedLines} −{file.deletedLines}
        </span>
      </summary>
      {file.blocks.map((block, index) => (
        <div key={index} class="diff-block">
          <code class="diff-where">{block.header}</code>
          {block.lines.map((line, number) => (
            <Line key={number} line={line} />
          ))}
        </div>
      ))}
    </details>
  );
}

function Line({ line }: { readonly line: DiffLine }) {
  return (
    <div class={LOOKS[line.type]}>
      <span class="diff-number" aria-hidden="true">
        {line.newNumber ?? line.oldNumber}
      </span>
      <code>{line.content}</code>
    </div>
  );
}

/** Both names where they differ by more than the directory that each version was unpacked in. */
function nameOf({ oldName, newName }: DiffFile): string {
  const [before, after] = [oldName, newName].map((name) => name.replace(/^[^/]*\//, ""));
  if (newName === "/dev/null" || newName === "dev/null") return oldName;
  return before === after || oldName === "/dev/null" ? newName : `${oldName} → ${newName}`;
}
