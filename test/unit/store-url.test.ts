// Goal: no password is shown, however its URL was mistyped. Method: examples.
import { expect, test } from "vitest";
import { withoutSecrets } from "../../src/core/store-url.ts";

test.each([
  ["redis://bob:s3cret@h:1/2?x=s3cret", "redis://bob@h:1/2"],
  ["redis://:s3c@ret@h", "redis://h"],
  ["redis:/:s3cret@h", "h"],
  ["redis:bob:s3cret@h", "h"],
  ["rediss//bob:s3cret@h:6379", "h:6379"],
  ["redis:bob:s3cret://x@h", "h"],
  ["//bob:s3cret@h", "h"],
  ["postgres:h?password=s3cret", "postgres:h"],
])("%s is shown as %s", (url, shown) => {
  expect(withoutSecrets(url)).toBe(shown);
});

test.each(["sqlite:/data/@me/detent.db", "./a@b.db", "/srv/a@b/app.ts", "memory:", "nonsense"])(
  "%s, which has no password, is shown in full",
  (text) => {
    expect(withoutSecrets(text)).toBe(text);
  },
);
