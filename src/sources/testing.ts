import { createHash } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestGpg } from "#keys";

/** An HTTP server on loopback that acts as an archive, for tests. */
export interface TestArchive {
  /** Base URL, ends with a slash. */
  readonly url: string;
  /** Path below the base → content; a missing one is a 404. */
  readonly files: Map<string, string | Buffer>;
  /** "METHOD path status" of each answer. */
  readonly requests: string[];
  /** Last-Modified of everything, and what conditional requests are answered by. */
  lastModified: Date;
  /** Writes a signed InRelease that lists `indices` and puts these in place. */
  publish(codename: string, release: PublishedRelease): Promise<void>;
  close(): Promise<void>;
}

export interface PublishedRelease {
  readonly gpg: TestGpg;
  readonly key: string;
  /** Replace or add fields; undefined leaves one out. */
  readonly fields?: Readonly<Record<string, string | undefined>>;
  /** Name below dists/<codename>/ → content. */
  readonly indices?: Readonly<Record<string, string | Buffer>>;
  /** Release and Release.gpg instead of InRelease. */
  readonly detached?: boolean;
}

export async function createTestArchive(): Promise<TestArchive> {
  const files = new Map<string, string | Buffer>();
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const path = decodeURIComponent((request.url ?? "/").replace(/^http:\/\/[^/]+/, "").slice(1));
    const content = files.get(path);
    const status = content === undefined ? 404 : isUnchanged(request, archive.lastModified) ? 304 : 200;
    requests.push(`${request.method} ${path} ${status}`);
    response.writeHead(status, { "last-modified": archive.lastModified.toUTCString() });
    response.end(status === 200 ? content : undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const archive: TestArchive = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    files,
    requests,
    lastModified: new Date("2024-01-01T00:00:00Z"),
    async publish(codename, { gpg, key, fields = {}, indices = {}, detached = false }) {
      const dir = `dists/${codename}/`;
      for (const [name, content] of Object.entries(indices)) files.set(dir + name, content);
      const text = releaseText(codename, fields, indices);
      files.delete(`${dir}InRelease`);
      if (!detached) {
        files.set(`${dir}InRelease`, await gpg.clearsign(key, text));
        return;
      }
      files.set(`${dir}Release`, text);
      files.set(
        `${dir}Release.gpg`,
        await gpg.gpg(["--local-user", `${key}!`, "--armor", "--detach-sign"], text),
      );
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
  return archive;
}

function isUnchanged(request: IncomingMessage, lastModified: Date): boolean {
  const since = request.headers["if-modified-since"];
  return since !== undefined && new Date(since) >= new Date(lastModified.toUTCString());
}

function releaseText(
  codename: string,
  fields: Readonly<Record<string, string | undefined>>,
  indices: Readonly<Record<string, string | Buffer>>,
): string {
  const all = {
    Origin: "Debian",
    Suite: "stable",
    Codename: codename,
    Version: "12.5",
    Date: new Date(Date.now() - 3_600_000).toUTCString().replace("GMT", "UTC"),
    Architectures: "all amd64 arm64",
    Components: "main contrib",
    Description: "Debian 12.5 Released",
    SHA256: Object.entries(indices)
      .map(([name, content]) => sumLine(name, content))
      .join(""),
    ...fields,
  };
  return Object.entries(all)
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}\n`.replace(": \n ", ":\n ")]))
    .join("");
}

function sumLine(name: string, content: string | Buffer): string {
  const size = Buffer.byteLength(content);
  return `\n ${createHash("sha256").update(content).digest("hex")} ${size} ${name}`;
}
