/** The two directories, which are the same (pipeline.md 2.1). */
const DIRECTORIES: ReadonlySet<string> = new Set(["/", "/incoming"]);

/** Where CWD leads, or undefined. */
export function changeDirectory(current: string, argument: string): string | undefined {
  const path = argument.startsWith("/") ? argument : `${current}/${argument}`;
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  const directory = `/${parts.join("/")}`;
  return DIRECTORIES.has(directory) ? directory : undefined;
}

/** Name of the file that STOR or SIZE mean: one of our directories may stand in front, nothing is resolved. */
export function fileName(argument: string): string {
  return argument.replace(/^(?:\/(?:incoming\/)?|incoming\/)/, "");
}
