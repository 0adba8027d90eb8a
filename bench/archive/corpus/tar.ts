const BLOCK = 512;
/** Midnight of a day in 2024: files of the corpus are all of the same time. */
const MTIME = 1_704_067_200;

/** A tar of regular files below `./`, with the directories they need, as dpkg-deb makes it. POSIX ustar. */
export function tarOf(files: ReadonlyMap<string, string>): Buffer {
  const dirs = new Set<string>();
  for (const path of files.keys()) {
    for (let at = path.lastIndexOf("/"); at > 0; at = path.lastIndexOf("/", at - 1))
      dirs.add(path.slice(0, at));
  }
  const pieces = [header("./", 0, "5")];
  for (const dir of [...dirs].sort()) pieces.push(header(`./${dir}/`, 0, "5"));
  for (const [path, text] of files) {
    const content = Buffer.from(text);
    pieces.push(header(`./${path}`, content.length, "0"), padded(content));
  }
  return Buffer.concat([...pieces, Buffer.alloc(2 * BLOCK)]);
}

function padded(content: Buffer): Buffer {
  const rest = content.length % BLOCK;
  return rest === 0 ? content : Buffer.concat([content, Buffer.alloc(BLOCK - rest)]);
}

function header(name: string, size: number, type: "0" | "5"): Buffer {
  if (Buffer.byteLength(name) > 100) throw new Error(`'${name}' is too long for a simple tar header`);
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, length: number) =>
    block.write(`${value.toString(8).padStart(length - 1, "0")}\0`, at, "ascii");
  block.write(name, 0, "ascii");
  octal(type === "5" ? 0o755 : 0o644, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(MTIME, 136, 12);
  block.write("        ", 148, "ascii");
  block.write(type, 156, "ascii");
  block.write("ustar\x0000", 257, "ascii");
  block.write("root", 265, "ascii");
  block.write("root", 297, "ascii");
  let sum = 0;
  for (const byte of block) sum += byte;
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "ascii");
  return block;
}
