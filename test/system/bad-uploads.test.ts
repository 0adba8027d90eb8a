import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { EventView } from "#events";
import {
  createGpg,
  createPackages,
  ftpConnect,
  type Gpg,
  httpPut,
  type Instance,
  type Packages,
  sendByFtp,
  sendByHttp,
  startInstance,
} from "#testing";
import { createScene, type Scene, type Traces, traces } from "./bad-uploads-scene.ts";
import { BAD_UPLOADS } from "./bad-uploads-table.ts";

// Whatever is wrong with an upload: it ends REJECTED with a sentence that says what, where and why, and leaves nothing.
let instance: Instance;
let packages: Packages;
let gpg: Gpg;
let scene: Scene;
let before: Traces;

beforeAll(async () => {
  instance = await startInstance();
  packages = await createPackages(instance);
  gpg = await createGpg();
  scene = await createScene(instance, packages, gpg);
  before = await traces(instance);
});

afterAll(async () => {
  await gpg?.close();
  await packages?.close();
  await instance?.close();
});

let sessions = 0;

async function send(files: readonly string[], by: "ftp" | "http"): Promise<void> {
  sessions += 1;
  if (by === "ftp") await sendByFtp(instance.ftpPort, files);
  else await sendByHttp(instance.httpPort, files, `bad-uploads-session-${sessions}`);
}

describe.each(BAD_UPLOADS)("$what", ({ files, code, says, by = "ftp" }) => {
  let event: EventView;

  test(`is rejected with ${code} and a sentence that names it`, async () => {
    const after = await instance.lastEvent();

    await send(await files(scene), by);

    event = await instance.waitForEvent({ type: "REJECTED", after }, 30_000);
    expect(event.data.errors).toMatchObject([{ code }]);
    for (const expected of says) expect(event.message).toMatch(expected);
    expect(event.message).toMatch(/^[^\n]+[.)]$/);
    expect(event.message).not.toMatch(/undefined|\[object|\bat .*\.[jt]s:/);
  });

  test("is seen on the command line and on its page", async () => {
    const listed = await instance.cli([
      "events",
      "local",
      "--after",
      String(event.id - 1),
      "--exit-on",
      "REJECTED",
      "--json",
    ]);
    expect(listed.stdout).toContain(JSON.stringify(event.message));

    const page = await instance.page(`/uploads/${event.upload}`);
    expect(page.status).toBe(200);
    expect(plainText(page.text)).toContain(event.message);
  });

  test("leaves nothing but what was received", async () => {
    expect(await traces(instance)).toEqual(before);
  });
});

describe("a file name that climbs out", () => {
  test.each(["../evil.changes", "..", "/etc/evil.dsc", "a/../../evil.dsc", ".hidden"])(
    "%s by FTP",
    async (name) => {
      const client = await ftpConnect(instance.ftpPort);
      const reply = await client.store(name, "evil");
      client.destroy();

      expect(reply.code).toBe(550);
      expect(reply.text).toMatch(/^550 .*(file name|directory)/);
      expect(await traces(instance)).toEqual(before);
    },
  );

  test.each(["..%2fevil.changes", "%2e%2e%2fevil.dsc", "%2fetc%2fevil.dsc", "a%00.dsc", ".hidden"])(
    "%s by HTTP",
    async (name) => {
      const answer = await httpPut(instance.httpPort, { name, content: "evil" });

      expect(answer.status).toBe(400);
      expect(answer.reason).toContain("file name");
      expect(await traces(instance)).toEqual(before);
    },
  );
});

test("a file beyond the limit is refused by its announced length, before it is sent", async () => {
  const content = Buffer.from("the first bytes");

  const answer = await httpPut(instance.httpPort, {
    name: "huge.tar.xz",
    content,
    lengthBytes: 9 * 1024 ** 4,
  });

  expect(answer.status).toBe(413);
  expect(answer.reason).toMatch(/huge\.tar\.xz.* larger than|larger than .*huge\.tar\.xz/);
  expect(await traces(instance)).toEqual(before);
});

/** What a reader of the page sees. */
function plainText(html: string): string {
  const entities: Record<string, string> = {
    "&#39;": "'",
    "&quot;": '"',
    "&lt;": "<",
    "&gt;": ">",
    "&amp;": "&",
  };
  return html
    .replaceAll(/<[^>]*>/g, "")
    .replaceAll(/&(?:#39|quot|lt|gt|amp);/g, (entity) => entities[entity] ?? "");
}
