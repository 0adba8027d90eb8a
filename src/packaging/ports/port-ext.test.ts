import { expect, test } from "vitest";
import { dscNameOf } from "./port-ext.ts";

test.each([
  ["https://example.org/pool/hello_2.10-3.dsc", "hello_2.10-3.dsc"],
  ["https://example.org/pool/a%2Bb_1%7e1.dsc?x=y#z", "a+b_1~1.dsc"],
])("%s is %s", (url, name) => {
  expect(dscNameOf(url)).toBe(name);
});

test.each([
  "https://example.org/a/..%2F..%2Frepositories%2Ftest%2Fx.dsc",
  "https://example.org/-x.dsc",
  "https://example.org/%zz.dsc",
  "https://example.org/hello.tar.gz",
  "https://example.org/",
  "nonsense",
])("%s is refused", (url) => {
  expect(() => dscNameOf(url)).toThrow("is not the address of a .dsc");
});
