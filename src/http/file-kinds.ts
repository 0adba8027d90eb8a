const TEXT = "text/plain; charset=utf-8";

/** Never a type that a browser would run: what lies here was uploaded by others. */
export function repositoryType(path: string): string {
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (/\.u?deb$|\.ddeb$/.test(name)) return "application/vnd.debian.binary-package";
  if (name.endsWith(".gz")) return "application/gzip";
  if (name.endsWith(".xz")) return "application/x-xz";
  if (name.endsWith(".gpg")) return "application/pgp-signature";
  if (/\.(?:dsc|changes|buildinfo|asc)$/.test(name)) return TEXT;
  return /^(?:InRelease|Release|Packages|Sources|Contents-.*|Translation-.*)$/.test(name)
    ? TEXT
    : "application/octet-stream";
}

/** Pool files and by-hash names never change their content; everything else is asked for again each time. */
export function repositoryCaching(path: string): string {
  return /(?:^|\/)(?:pool|by-hash)\//.test(path)
    ? "public, max-age=31536000, immutable"
    : "public, max-age=0, must-revalidate";
}
