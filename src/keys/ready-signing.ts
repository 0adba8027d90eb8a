import type { SecretKey } from "./instance-key.ts";

/**
 * How long after a signature the next gpg is started. Starting a process keeps a large daemon from all else for some
 * ten milliseconds, longer than a signature takes: so not while somebody waits for what was just signed.
 */
const PAUSE_MS = 150;

/** Of one who has waited: what was signed, or that it could not be. */
const TIMEOUT_MS = 60_000;

type Sign = SecretKey["clearsign"];

interface Waiting {
  give(text: string): Promise<string>;
  end(): Promise<void>;
}

/** Signs as `key` does, but from the second signature on by a gpg that is started already and waits for its text. */
export function readySigning(key: SecretKey): {
  readonly fingerprint: string;
  clearsign(text: string): Promise<string>;
  detachSign(text: string): Promise<string>;
  close(): Promise<void>;
} {
  const [clearsign, detachSign] = [keepOne(key.clearsign), keepOne(key.detachSign)];
  return {
    fingerprint: key.fingerprint,
    clearsign: clearsign.sign,
    detachSign: detachSign.sign,
    async close() {
      await Promise.all([clearsign.close(), detachSign.close()]);
      await key.close();
    },
  };
}

function keepOne(sign: Sign) {
  let waiting: Waiting | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  const prepare = () => {
    if (closed || timer !== undefined || waiting !== undefined) return;
    timer = setTimeout(() => {
      timer = undefined;
      waiting = startWaiting(sign);
    }, PAUSE_MS);
    timer.unref();
  };
  return {
    async sign(text: string): Promise<string> {
      const ready = waiting;
      waiting = undefined;
      try {
        // One that was ended from outside while it waited is no reason not to sign.
        return await (ready === undefined ? sign(text) : ready.give(text).catch(() => sign(text)));
      } finally {
        prepare();
      }
    },
    async close(): Promise<void> {
      closed = true;
      clearTimeout(timer);
      await waiting?.end();
      waiting = undefined;
    },
  };
}

function startWaiting(sign: Sign): Waiting {
  const controller = new AbortController();
  let provide: (text: string) => void = () => undefined;
  const text = new Promise<string>((resolve) => {
    provide = resolve;
  });
  const signed = sign(text, controller.signal);
  // Whoever gives the text is told.
  signed.catch(() => undefined);
  return {
    async give(given) {
      const limit = setTimeout(() => controller.abort(), TIMEOUT_MS);
      provide(given);
      try {
        return await signed;
      } finally {
        clearTimeout(limit);
      }
    },
    async end() {
      controller.abort();
      // Nobody is left to read it, but what would write it waits for it.
      provide("");
      await signed.catch(() => undefined);
    },
  };
}
