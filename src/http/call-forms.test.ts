import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { allCalls, curlLine } from "#api";
import { callValues, readValues, textsOfValues } from "#testing";
import { parseForm, readCallRequest } from "./given.ts";

describe.each(allCalls().map((call) => [call.name, call] as const))("%s", (_name, call) => {
  test("a form gives the values that were typed into it, however lists are sent", () => {
    fc.assert(
      fc.property(callValues(call), (values) => {
        const texts = Object.entries(textsOfValues(call, values));
        const form = new URLSearchParams([["output", "html"], ["form", "sent"], ...texts]);
        // A browser ends lines as mail does.
        const body = form.toString().replaceAll("%0A", "%0D%0A");
        const repeated = new URLSearchParams(
          Object.entries(values).flatMap(([name, value]) =>
            Array.isArray(value)
              ? value.map((item): [string, string] => [name, String(item)])
              : texts.filter(([key]) => key === name),
          ),
        );

        expect(readValues(call, readCallRequest({}, parseForm(body)).given)).toEqual(values);
        expect(readValues(call, readCallRequest({}, parseForm(repeated.toString())).given)).toEqual(values);
      }),
    );
  });
  test("JSON gives the values that are in it", () => {
    fc.assert(
      fc.property(callValues(call), (values) => {
        const body: unknown = JSON.parse(JSON.stringify(values));

        expect(readValues(call, readCallRequest({}, body).given)).toEqual(values);
      }),
    );
  });
  test("the request for curl holds them all", () => {
    fc.assert(
      fc.property(callValues(call), (values) => {
        const line = curlLine(call, textsOfValues(call, values), "http://h:1");

        for (const name of Object.keys(values)) expect(line).toContain(`${name}=`);
        expect(line.includes(`confirm=${call.name}`)).toBe(call.confirm);
        expect(line.includes("$TOKEN")).toBe(
          call.level !== "NONE" || JSON.stringify(values).includes("$TOKEN"),
        );
      }),
      { numRuns: 20 },
    );
  });
});
