/**
 * Keeps "this content is stored already" and "no row needs this content, remove it" apart: whoever finishes a blob
 * stands inside until its row is committed, whoever removes blobs is alone.
 */
export interface BlobGate {
  /** Waits while blobs are being removed; the answer leaves again. */
  enter(): Promise<() => void>;
  /** Waits until nobody is inside; nobody enters meanwhile. */
  alone<T>(work: () => Promise<T>): Promise<T>;
}

export function createBlobGate(): BlobGate {
  let inside = 0;
  let closed: Promise<void> | undefined;
  let emptied: (() => void) | undefined;

  const leave = (): void => {
    inside -= 1;
    if (inside === 0) emptied?.();
  };

  return {
    async enter() {
      while (closed !== undefined) await closed;
      inside += 1;
      let left = false;
      return () => {
        if (!left) leave();
        left = true;
      };
    },
    async alone(work) {
      while (closed !== undefined) await closed;
      let open = (): void => undefined;
      closed = new Promise((resolve) => {
        open = resolve;
      });
      try {
        if (inside > 0) {
          await new Promise<void>((resolve) => {
            emptied = resolve;
          });
        }
        return await work();
      } finally {
        emptied = undefined;
        closed = undefined;
        open();
      }
    },
  };
}
