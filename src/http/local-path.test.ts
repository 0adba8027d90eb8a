import { expect, test } from "vitest";
import { localPath, signInPath } from "./local-path.ts";

test.each(["/", "/builds/17?line=3#L3", "/packages/libacme%2B%2B", "/events?source=a//b"])(
  "%s is an address of this instance",
  (path) => {
    expect(localPath(path, "/other")).toBe(path);
    expect(new URL(path, "http://here.example").host).toBe("here.example");
  },
);

test.each([
  "",
  "builds",
  "//evil.example",
  "///evil.example",
  "/\\evil.example",
  "/\t/evil.example",
  "/\n//evil.example",
  "/a\\..\\b",
  "\\\\evil.example",
  "http://evil.example/",
  "javascript:alert(1)",
  "/a\r\nset-cookie: x",
  " /a",
  "/ä",
  `/${"a".repeat(2000)}`,
])("%j is none to go on at", (text) => {
  expect(localPath(text, "/other")).toBe("/other");
});

test("the way back from signing in is part of the address", () => {
  expect(signInPath("/builds/?state=FAILED")).toBe("/account/sign-in?next=%2Fbuilds%2F%3Fstate%3DFAILED");
  expect(signInPath("//evil.example")).toBe("/account/sign-in?next=%2F");
});
