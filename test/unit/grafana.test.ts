// Goal: docs/grafana.json shows something when it is imported. Method: its panels ask for metrics by labels; both must be in what /metrics prints beside an engine that has
// succeeded, failed, retried and waited. Grafana itself is not asked: what it demands of a dashboard's shape is checked here.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { detent, task } from "../../src/index.ts";
import { serveRuntime } from "../support/dashboard.ts";

interface Target {
  readonly refId: string;
  readonly expr: string;
  readonly legendFormat: string;
}
interface Panel {
  readonly id: number;
  readonly title: string;
  readonly datasource: unknown;
  readonly gridPos: {
    readonly x: number;
    readonly y: number;
    readonly w: number;
    readonly h: number;
  };
  readonly targets: readonly Target[];
}
const grafana = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../docs/grafana.json"), "utf8"),
) as {
  readonly schemaVersion: number;
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly Panel[];
  readonly templating: {
    readonly list: readonly {
      readonly name: string;
      readonly type: string;
      readonly query: string | { readonly query: string };
      readonly datasource?: unknown;
    }[];
  };
};
const { panels, templating } = grafana;
const source = { type: "prometheus", uid: "${prometheus}" };

/** The labels of each sample's name, with values that were seen. */
const samples = new Map<string, Map<string, Set<string>>>();

beforeAll(async () => {
  const good = task({ id: "good", run: () => null });
  const bad = task({
    id: "bad",
    retry: { attempts: 2, first: 1 },
    run: () => {
      throw new RangeError("no");
    },
  });
  const served = await serveRuntime(detent({ tasks: [good, bad], triggers: [] }));
  await served.runtime.run("good");
  await served.runtime.run("bad");
  await served.runtime.idle();
  const { text } = await served.ask("/metrics");
  await served.stop();
  for (const [, name = "", labels = ""] of text.matchAll(/^(\w+)\{(.*)\} /gm)) {
    const seen = samples.get(name) ?? new Map<string, Set<string>>();
    samples.set(name, seen);
    for (const [, label = "", value = ""] of labels.matchAll(/(\w+)="([^"]*)"/g))
      seen.set(label, (seen.get(label) ?? new Set()).add(value));
  }
});

test("its shape is one that Grafana imports", () => {
  expect(grafana.schemaVersion).toBeGreaterThanOrEqual(36);
  expect(grafana).toMatchObject({ uid: "detent", title: "detent" });
  const ids = panels.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  const variables = templating.list.map(({ name }) => name);
  expect(new Set(variables).size).toBe(variables.length);
  expect(templating.list[0]).toMatchObject({ type: "datasource", query: "prometheus" });
  // One datasource, which whoever imports it chooses.
  expect(variables[0]).toBe("prometheus");
  for (const { datasource } of [...panels, ...templating.list.slice(1)])
    expect(datasource).toEqual(source);
  for (const { targets } of panels) {
    const refs = targets.map(({ refId }) => refId);
    expect(refs.length).toBeGreaterThan(0);
    expect(new Set(refs).size).toBe(refs.length);
  }
});

test("no panel lies over another, or beside the page", () => {
  const taken = new Map<string, string>();
  for (const { title, gridPos } of panels) {
    expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
        const place = `${x} ${y}`;
        expect([place, taken.get(place)]).toEqual([place, undefined]);
        taken.set(place, title);
      }
  }
});

const variables = new Set(templating.list.map(({ name }) => name));

describe.each(panels.map((panel) => [panel.title, panel] as const))(
  "panel %s",
  (_, { targets }) => {
    test.each(targets.map(({ expr, legendFormat }) => [expr, legendFormat] as const))(
      "%s asks for what /metrics prints",
      (expr, legend) => {
        const asked = [...expr.matchAll(/\b(detent_\w+)\{([^}]*)\}/g)];
        expect(asked.length).toBe([...expr.matchAll(/detent_\w+/g)].length);
        expect(asked.length).toBeGreaterThan(0);
        const groups = [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = ""]) =>
          list.split(",").map((label) => label.trim()),
        );
        for (const [, name = "", filter = ""] of asked) {
          const labels = samples.get(name);
          expect([name, labels === undefined]).toEqual([name, false]);
          for (const [, label = "", how = "", wanted = ""] of filter.matchAll(
            /(\w+)(=~?)"([^"]*)"/g,
          )) {
            expect([name, label, labels?.has(label)]).toEqual([name, label, true]);
            if (wanted.startsWith("$")) expect(variables).toContain(wanted.slice(1));
            // A state that never comes would be an empty panel.
            else if (label === "state")
              for (const state of how === "=" ? [wanted] : wanted.split("|"))
                expect([...(samples.get("detent_runs")?.get("state") ?? [])]).toContain(state);
          }
          for (const label of groups)
            expect([name, label, labels?.has(label)]).toEqual([name, label, true]);
          const isCounted = /_(?:total|bucket)$/.test(name);
          expect([name, expr.includes(`rate(${name}`)]).toEqual([name, isCounted]);
        }
        for (const [, label] of legend.matchAll(/\{\{\s*(\w+)\s*\}\}/g))
          expect(groups).toContain(label);
        expect(expr.split("(").length).toBe(expr.split(")").length);
      },
    );
  },
);

test.each(templating.list.slice(1).map(({ name, query }) => [name, query] as const))(
  "the variable %s has the values of a label that there is",
  (_, query) => {
    const text = typeof query === "string" ? query : query.query;
    const [, name = "", label = ""] = /^label_values\((\w+), (\w+)\)$/.exec(text) ?? [];
    expect(samples.get(name)?.get(label)?.size).toBeGreaterThan(0);
  },
);
