import type { Description } from "./describe.ts";
import { tarOf } from "./tar.ts";

const MTIME = "1704067200";

/** The two tars of a package, not compressed. */
export function tarsOf(description: Description): { control: Buffer; data: Buffer } {
  const control = tarOf(new Map([["control", description.control]]));
  const data = tarOf(new Map(description.paths.map((path) => [path, `${path}\n`])));
  return { control, data };
}

/** A .deb of two xz-compressed tars; deb(5). */
export function debOf(control: Buffer, data: Buffer): Buffer {
  return Buffer.concat([
    Buffer.from("!<arch>\n"),
    ...member("debian-binary", Buffer.from("2.0\n")),
    ...member("control.tar.xz", control),
    ...member("data.tar.xz", data),
  ]);
}

function member(name: string, content: Buffer): Buffer[] {
  const fields = [name.padEnd(16), MTIME.padEnd(12), "0".padEnd(6), "0".padEnd(6), "100644".padEnd(8)];
  const head = Buffer.from(`${fields.join("")}${String(content.length).padEnd(10)}\`\n`);
  return content.length % 2 === 0 ? [head, content] : [head, content, Buffer.from("\n")];
}
