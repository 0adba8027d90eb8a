import type { AptCache, CacheEntry } from "./apt-proxy-cache.ts";
import { type Download, startDownload } from "./apt-proxy-download.ts";
import { askUpstream, createConnections, letGo, type UpstreamOptions } from "./apt-proxy-upstream.ts";

/** Where the content of a file comes from. */
export type Source =
  | { readonly kind: "cache"; readonly entry: CacheEntry }
  | { readonly kind: "download"; readonly download: Download }
  /** The archive does not give it. */
  | { readonly kind: "status"; readonly status: number; readonly reason: string };

export interface Wanted {
  readonly url: URL;
  /** What is in the cache needs no asking. */
  readonly immutable: boolean;
}

export interface Obtainer {
  /** All who want the same file at the same time share one question and one download. @throws UpstreamError */
  obtain(wanted: Wanted): Promise<Source>;
  /** Ends all downloads. */
  stop(): Promise<void>;
}

export function createObtainer(
  cache: AptCache,
  upstream: (url: URL) => Omit<UpstreamOptions, "connections">,
  onFailure: (error: unknown) => void,
): Obtainer {
  const connections = createConnections();
  const asked = new Map<string, Promise<Source>>();
  const running = new Set<Download>();

  const fetchSource = async ({ url, immutable }: Wanted): Promise<Source> => {
    const entry = await cache.find(url.href);
    if (entry !== undefined && immutable) return { kind: "cache", entry };
    const response = await askUpstream(url, entry, { ...upstream(url), connections });
    const status = response.statusCode ?? 0;
    if (status === 200) {
      return { kind: "download", download: await startDownload(cache, url.href, response) };
    }
    letGo(response);
    if (status === 304 && entry !== undefined) return { kind: "cache", entry };
    const passedOn = status >= 400 && status < 500 && status !== 407 ? status : 502;
    return {
      kind: "status",
      status: passedOn,
      reason: `${url.host} answered ${status} for ${url.pathname}.`,
    };
  };

  const share = async (key: string, wanted: Wanted): Promise<Source> => {
    try {
      const source = await fetchSource(wanted);
      if (source.kind === "download") watch(key, source.download);
      else asked.delete(key);
      return source;
    } catch (error) {
      asked.delete(key);
      throw error;
    }
  };
  const watch = (key: string, download: Download): void => {
    running.add(download);
    void download.stored.catch(onFailure).finally(() => {
      running.delete(download);
      asked.delete(key);
    });
  };

  return {
    obtain(wanted) {
      const key = wanted.url.href;
      const known = asked.get(key);
      if (known !== undefined) return known;
      const source = share(key, wanted);
      asked.set(key, source);
      return source;
    },
    async stop() {
      const downloads = [...running];
      for (const download of downloads) download.stop();
      await Promise.allSettled(downloads.map((download) => download.stored));
      connections.close();
    },
  };
}
