import { renderToString } from "preact-render-to-string";
import { expect, test } from "vitest";
import { resultView } from "../read-model/build-result.ts";
import { QaVerdicts } from "./build-log.tsx";

const NONE = { mode: "DISABLED", result: "SKIPPED", exit: null, counts: {}, lines: [] };

function shown(qa: object): string {
  const result = resultView(
    JSON.stringify({ qa: { lintian: NONE, autopkgtest: NONE, piuparts: NONE, ...qa } }),
  );
  return renderToString(<QaVerdicts buildId={31} result={result} log={undefined} />);
}

test("each check that ran has its verdict, its lines, and a link to its own log", () => {
  const html = shown({
    piuparts: {
      ...{ mode: "ERRFAIL", result: "FAIL", exit: 1, counts: { fail: 1 } },
      lines: [{ line: 40, text: "0m9.5s ERROR: FAIL: Package purging <left> files on system:" }],
    },
  });

  expect(html).toContain("FAIL: Package purging &lt;left> files on system:");
  expect(html).toContain('<a href="/builds/31/log?tool=piuparts">Log of piuparts</a>');
  expect(html).not.toContain("?line=40");
  expect(html).not.toContain("autopkgtest");
});

test("lines of lintian stand in the log of the build", () => {
  const lines = [{ line: 31, text: "W: hello: tag" }];

  const html = shown({
    lintian: { mode: "ERRFAIL", result: "WARN", exit: 0, counts: { warning: 1 }, lines },
  });

  expect(html).toContain('href="/builds/31?line=31#L31"');
  expect(html).not.toContain("?tool=");
});

test("without any check there is nothing", () => {
  expect(shown({})).toBe("");
});
