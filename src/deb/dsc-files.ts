import { type FormatPlace, formatError, quote } from "./errors.ts";
import { withoutEpoch } from "./version.ts";

export type DscFormat = "1.0" | "3.0 (native)" | "3.0 (quilt)";

/** What the parts of a source package are, and the name they must have behind the base name. */
type Kind = "native" | "orig" | "component" | "debian" | "diff";

interface Part {
  readonly kind: Kind;
  /** Name without compression and signature suffix. */
  readonly stem: string;
  readonly name: string;
}

const COMPRESSED = /\.(?:gz|bz2|lzma|xz)$/;

/**
 * Checks that the files are exactly those `dpkg-source -x` takes for the format (dpkg-source(1), "SOURCE PACKAGE
 * FORMATS"): every name begins with `<source>_`, no part twice in different compression, signatures (`.asc`) only
 * beside their tarball. @throws FormatError
 */
export function checkDscFiles(
  dsc: { format: DscFormat; source: string; version: string; names: readonly string[] },
  place: FormatPlace,
): void {
  const signatures = dsc.names.filter((name) => name.endsWith(".asc"));
  const parts = dsc.names.filter((name) => !name.endsWith(".asc")).map((name) => classify(name, dsc, place));
  const stems = new Set<string>();
  for (const { stem, name } of parts) {
    if (stems.has(stem)) throw formatError(place, `${quote(name)} is there twice in different compression`);
    stems.add(stem);
  }
  checkComplete(dsc.format, new Set(parts.map((part) => part.kind)), place);
  for (const signature of signatures) {
    const signed = parts.find((part) => part.name === signature.slice(0, -".asc".length));
    if (signed === undefined || (signed.kind !== "orig" && signed.kind !== "component")) {
      throw formatError(place, `${quote(signature)} is a signature without its upstream tarball`);
    }
  }
}

function classify(
  name: string,
  dsc: { format: DscFormat; source: string; version: string },
  place: FormatPlace,
): Part {
  const version = withoutEpoch(dsc.version);
  const upstream = version.includes("-") ? version.slice(0, version.lastIndexOf("-")) : version;
  const stem = name.replace(COMPRESSED, "");
  const orig = `${dsc.source}_${upstream}.orig`;
  const kinds: Record<DscFormat, readonly Kind[]> = {
    "1.0": ["native", "orig", "diff"],
    "3.0 (native)": ["native"],
    "3.0 (quilt)": ["orig", "component", "debian"],
  };
  const kind = kinds[dsc.format].find((candidate) => {
    if (candidate === "component")
      return stem.startsWith(`${orig}-`) && isComponentTail(stem.slice(orig.length + 1));
    if (candidate === "orig") return stem === `${orig}.tar`;
    return (
      stem ===
      `${dsc.source}_${version}${{ native: ".tar", debian: ".debian.tar", diff: ".diff" }[candidate]}`
    );
  });
  // Format 1.0 knows gzip only.
  const compression = dsc.format === "1.0" ? name.endsWith(".gz") : stem !== name;
  if (kind === undefined || !compression) {
    throw formatError(
      place,
      `${quote(name)} is no file of a source package ${dsc.source} ${dsc.version}, format ${dsc.format}`,
    );
  }
  return { kind, stem, name };
}

function isComponentTail(text: string): boolean {
  return /^[A-Za-z0-9-]+\.tar$/.test(text);
}

function checkComplete(format: DscFormat, kinds: ReadonlySet<Kind>, place: FormatPlace): void {
  if (format === "3.0 (quilt)") {
    if (!kinds.has("orig")) throw formatError(place, "the upstream tarball (.orig.tar.*) is missing");
    if (!kinds.has("debian")) throw formatError(place, "the packaging tarball (.debian.tar.*) is missing");
    return;
  }
  if (kinds.has("native") === kinds.has("orig"))
    throw formatError(place, "there must be exactly one tarball");
}
