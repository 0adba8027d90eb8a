import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { Client, FTPError } from "basic-ftp";
import { errorText, MbdError } from "#platform";
import { RemoteError } from "../exit-codes.ts";
import { counting, type OnBytes } from "../send-http.ts";

export interface FtpPlace {
  readonly host: string;
  readonly port: number;
  readonly directory: string;
  readonly user: string;
  readonly password: string;
}

const TIMEOUT_MS = 60_000;

/** Sends files in one session. `upload`: the number of the upload that they complete, as our own server tells it. */
export async function sendFtp(
  place: FtpPlace,
  paths: readonly string[],
  begin: (path: string) => void,
  onBytes: OnBytes,
): Promise<{ upload: number | undefined }> {
  const client = new Client(TIMEOUT_MS);
  try {
    const { host, port, user, password, directory } = place;
    await client.access({ host, port, user, password });
    if (directory !== "/") await client.cd(directory.replace(/\/$/, ""));
    let answer = "";
    for (const path of paths) {
      begin(path);
      const name = basename(path);
      const { size } = await stat(path);
      const body = counting(createReadStream(path), (done) => onBytes(name, done, size));
      ({ message: answer } = await client.uploadFrom(body, name));
    }
    await client.sendIgnoringError("QUIT");
    const [, number] = /the upload is complete \(([0-9]+)\)/.exec(answer) ?? [];
    return { upload: number === undefined ? undefined : Number(number) };
  } catch (error) {
    throw inOurWords(place, error);
  } finally {
    client.close();
  }
}

/** What the server said, without its number; anything else is a matter of the connection. */
function inOurWords({ host, port }: FtpPlace, error: unknown): Error {
  if (error instanceof FTPError) {
    const detail = error.message.replace(/^\d{3}[ -]/, "");
    return new RemoteError({ status: error.code === 530 ? 401 : 400, code: "upload", detail });
  }
  const endpoint = `ftp://${host.includes(":") ? `[${host}]` : host}:${port}`;
  return new MbdError("unreachable", { endpoint, reason: errorText(error) }, { cause: error });
}
