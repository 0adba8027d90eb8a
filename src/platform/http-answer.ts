import type { ClientRequest, IncomingMessage } from "node:http";

/**
 * The answer to a request, which the caller still sends. Node tells of a connection that ends with an upgrade nobody
 * asked for (RFC 9110, 15.2.2) only by `close`, and of an abort while the request waits for a connection by nothing.
 * @throws Error with one clause for a person, or the reason of the signal
 */
export function answerTo(request: ClientRequest, signal?: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal?.reason);
    const settled = () => signal?.removeEventListener("abort", abort);
    request.once("response", (response) => {
      settled();
      resolve(response);
    });
    request.once("upgrade", (_response, socket) => {
      socket.destroy();
      settled();
      reject(new Error("the server answered with another protocol than HTTP"));
    });
    // Stays: a connection may also break while the answer is read, and its reader is told then.
    request.on("error", (error) => {
      settled();
      reject(error);
    });
    request.once("close", () => {
      settled();
      reject(new Error("the server closed the connection without an answer"));
    });
    if (signal?.aborted === true) abort();
    else signal?.addEventListener("abort", abort);
  });
}
