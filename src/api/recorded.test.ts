import { expect, test } from "vitest";
import { multilineStr, str } from "./arguments/index.ts";
import { recordedGiven } from "./recorded.ts";

test("records hold the names of secrets, never their values", () => {
  const definition = {
    arguments: {
      user: str(["user"], { doc: "Who." }),
      pass_word: str(["--pass-word"], { doc: "Password.", secret: true }),
      key: multilineStr(["--key"], { doc: "Private key.", secret: true }),
    },
  };

  const recorded = recordedGiven(definition, { user: "jane", pass_word: "geheim", key: "also geheim" });

  expect(recorded).toEqual({ user: "jane", pass_word: "(secret)", key: "(secret)" });
});
