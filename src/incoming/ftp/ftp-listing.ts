export interface ListedFile {
  readonly name: string;
  readonly size: number;
  readonly receivedAt: string;
}

export type ListKind = "LIST" | "NLST" | "MLSD";

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** Text of a listing: as `ls -l` prints it, names only, or facts (RFC 3659, 7). Of equal names the newest. */
export function listing(kind: ListKind, files: readonly ListedFile[]): string {
  const newest = new Map(files.map((file) => [file.name, file]));
  return [...newest.values()].map((file) => `${line(kind, file)}\r\n`).join("");
}

function line(kind: ListKind, file: ListedFile): string {
  if (kind === "NLST") return file.name;
  const modify = file.receivedAt.replace(/[^0-9]/g, "").slice(0, 14);
  if (kind === "MLSD") return `type=file;size=${file.size};modify=${modify};perm=; ${file.name}`;
  const month = MONTHS[Number(file.receivedAt.slice(5, 7)) - 1] ?? "Jan";
  const day = String(Number(file.receivedAt.slice(8, 10))).padStart(2);
  const size = String(file.size).padStart(12);
  return `-r--r--r--   1 ftp      ftp      ${size} ${month} ${day} ${file.receivedAt.slice(11, 16)} ${file.name}`;
}
