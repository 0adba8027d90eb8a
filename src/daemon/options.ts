/** Options of `mini-buildd serve`. */
export interface ServeOptions {
  readonly home: string;
  /** Further address to listen on; loopback always. */
  readonly listen: string;
  readonly httpPort: number;
  readonly ftpPort: number;
  /** libpq URL; without it the SQLite database of the home. */
  readonly database?: string | undefined;
  readonly identity?: string | undefined;
  readonly hostname?: string | undefined;
  readonly logLevel: string;
}
