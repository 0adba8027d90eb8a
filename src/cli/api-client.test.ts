import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { beforeEach, describe, expect, expectTypeOf, onTestFinished, test } from "vitest";
import { type ApiClient, CALLS, createApiClient, type GivenOfCall } from "#api";
import { createClient } from "./client.ts";
import { parseEndpoint } from "./endpoint.ts";
import { RemoteError } from "./exit-codes.ts";
import { startTestInstance } from "./testing.ts";

const bkey = "hello/2.10-3~test12+1/20240102T030000Z/source";
const STAFF = "Bearer staff-token";
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

let instance: Awaited<ReturnType<typeof startTestInstance>>;
const clientOf = (authorization?: string): ApiClient =>
  createApiClient(createClient(parseEndpoint(instance.url, "/nowhere"), authorization));

beforeEach(async () => {
  instance = await startTestInstance();
});

describe("types follow the registry", () => {
  test("positional arguments must be given, options may", () => {
    interface Migrate {
      readonly source: string;
      readonly distribution: string;
      readonly full?: boolean | undefined;
      readonly version?: string | undefined;
      readonly allow_downgrade?: boolean | undefined;
      readonly replace?: boolean | undefined;
    }
    true satisfies Same<GivenOfCall<"migrate">, { [K in keyof Migrate]: Migrate[K] }>;
    // @ts-expect-error a distribution is missing
    ({ source: "hello" }) satisfies GivenOfCall<"migrate">;
    // @ts-expect-error there is no such option
    ({ source: "hello", nope: 1 }) satisfies GivenOfCall<"ls">;
    // @ts-expect-error not one of its choices
    ({ format: "rpm" }) satisfies GivenOfCall<"sources_list">;
    expect({ codenames: ["bookworm"], rollbacks: -1 } satisfies GivenOfCall<"sources_list">).toBeDefined();
  });
  test("a result is what the call's schema gives", async () => {
    const client = clientOf();

    const status = await client.call("status", { with_repositories: true });
    const key = await client.call("pub_key", {});

    expectTypeOf(status.repositories?.[0]?.identity).toEqualTypeOf<string | undefined>();
    expectTypeOf(key).toEqualTypeOf<string>();
    // @ts-expect-error no call of this name
    const unknownCall = () => client.call("frobnicate", {});
    expect([status.identity, status.repositories?.[0]?.identity]).toEqual(["acme", "test"]);
    expect(key).toMatch(/^-----BEGIN PGP/);
    expect(unknownCall).toBeTypeOf("function");
  });
});

test("lists, numbers and switches arrive as they are meant", async () => {
  const text = await clientOf().call("sources_list", {
    suites: ["stable"],
    types: ["deb", "deb-src"],
    rollbacks: 1,
    with_extra_sources: false,
  });
  expect(text).toContain("Types: deb deb-src\n");
  expect(text).toContain("Suites: bookworm-test-stable bookworm-test-stable-rollback0\n");
});

describe("a call that must be confirmed", () => {
  test("does nothing and tells its plan", async () => {
    const error = await clientOf(STAFF)
      .call("cancel", { bkey })
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(RemoteError);
    expect(error).toMatchObject({ code: "confirmation_missing", plan: [expect.stringContaining(bkey)] });
    expect(instance.instance.packagings.get(bkey)).toBe("FAILED");
  });
  test("is done when it is confirmed", async () => {
    const result = await clientOf(STAFF).call("cancel", { bkey }, { confirm: true });
    expectTypeOf(result.cancelled).toEqualTypeOf<string[]>();
    expect(result).toEqual({ bkey, scope: "packaging", cancelled: [bkey] });
  });
});

test("problems are remote errors in the instance's words", async () => {
  await expect(clientOf().call("cancel", { bkey }, { confirm: true })).rejects.toMatchObject({
    name: "RemoteError",
    status: 401,
    code: "unauthenticated",
    hint: expect.stringContaining("Bearer"),
  });
});

describe("answers of another program", () => {
  async function answering(body: string): Promise<ApiClient> {
    const server = createServer((_request, response) => response.end(body));
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    return createApiClient(createClient(parseEndpoint(`127.0.0.1:${port}`, "/nowhere"), undefined));
  }
  test("that are no JSON", async () => {
    const client = await answering("<html>");
    await expect(client.call("status", {})).rejects.toThrow("does not answer as mini-buildd does");
  });
  test("that do not fit the call's schema name what does not", async () => {
    const client = await answering('{"bkey":"x","scope":"packaging","cancelled":[1]}');
    await expect(client.call("cancel", { bkey }, { confirm: true })).rejects.toThrow("cancel.cancelled.0");
  });
  test("what a newer instance says besides: left out of a typed result, kept of one that is shown", async () => {
    const client = await answering('{"bkey":"x","scope":"packaging","cancelled":[],"new":1}');
    expect(await client.call("cancel", { bkey }, { confirm: true })).not.toHaveProperty("new");
    expect(await client.ask(CALLS.cancel, { bkey }, { confirm: true })).toHaveProperty("new", 1);
  });
});
