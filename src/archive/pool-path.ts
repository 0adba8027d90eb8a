/** Directory of a source in the pool: `pool/<component>/<prefix>/<source>`. */
export function poolDirectory(component: string, source: string): string {
  return `pool/${component}/${poolPrefix(source)}/${source}`;
}

/** Keeps directories small, as in Debian's archive: first letter, or first four of `lib*`. */
export function poolPrefix(source: string): string {
  return source.startsWith("lib") ? source.slice(0, 4) : source.slice(0, 1);
}

/** Path of a file of a source below the root of the repository. */
export function poolPath(component: string, source: string, fileName: string): string {
  return `${poolDirectory(component, source)}/${fileName}`;
}
