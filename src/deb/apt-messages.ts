/** `Err:1 http://archive.example.org/debian bookworm InRelease`, `E: Failed to fetch http://….deb  Hash Sum mismatch` */
const UNFETCHED = /^(?:Err:[0-9]+|[EW]: Failed to fetch) (https?:\/\/\S{1,2000})/;

/** What a line of apt names as not fetched, or fetched and not what it should be: an address of an archive or a file. */
export function unfetchedAddress(line: string): string | undefined {
  return UNFETCHED.exec(line)?.[1];
}
