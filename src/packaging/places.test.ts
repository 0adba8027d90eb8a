import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createPlaces, type Places } from "./places.ts";

let places: Places;
beforeEach(() => {
  vi.useFakeTimers();
  places = createPlaces({ atOnce: 2, anonymousAtOnce: 1, waitMs: 5000, waiting: 3 }, "comparisons");
});
afterEach(() => {
  vi.useRealTimers();
});

/** What became of asking for a place, as soon as it is known. */
function ask(anonymous: boolean) {
  const leave = (): void => undefined;
  const asked = { state: "waits", leave, error: undefined as unknown };
  places.take(anonymous).then(
    (release) => Object.assign(asked, { state: "has", leave: release }),
    (error: unknown) => Object.assign(asked, { state: "refused", error }),
  );
  return asked;
}
const settle = () => vi.advanceTimersByTimeAsync(0);

test("who is not signed in has one place, however many ask; the other stays free", async () => {
  const [first, second, third] = [ask(true), ask(true), ask(true)];
  await settle();
  const signedIn = ask(false);
  await settle();

  expect([first, second, third, signedIn].map(({ state }) => state)).toEqual([
    "has",
    "waits",
    "waits",
    "has",
  ]);
});

test("places are handed on in order, past those who may not have one", async () => {
  const [anonymous, signedIn] = [ask(true), ask(false)];
  await settle();
  const [stranger, jane] = [ask(true), ask(false)];

  signedIn.leave();
  await settle();
  expect([stranger.state, jane.state]).toEqual(["waits", "has"]);

  anonymous.leave();
  anonymous.leave();
  await settle();
  expect(stranger.state).toBe("has");
  expect(ask(false).state).toBe("waits");
});

test("waiting ends with one sentence, and a line that is full is not joined", async () => {
  const running = ask(true);
  await settle();
  const line = [ask(true), ask(true), ask(true)];
  const late = ask(true);
  await settle();
  expect([late.state, late.error]).toMatchObject(["refused", { code: "too_many" }]);

  await vi.advanceTimersByTimeAsync(5000);

  expect(line.map(({ state }) => state)).toEqual(["refused", "refused", "refused"]);
  expect(line[0]?.error).toMatchObject({
    ...{ status: 429, message: "Too many comparisons without a sign-in at once." },
    hint: "Try again in 10 seconds.",
  });
  running.leave();
  const next = ask(true);
  await settle();
  expect(next.state).toBe("has");
});
