// What a schedule does while the run before is not over. A world shows it in virtual time: reports take 25 s, and one is due every 10 s.
import { detent, every, task, trigger, type Overlap } from "detent";
import { fake, world } from "detent/simulation";

const report = task({ id: "report", run: () => null });

for (const overlap of ["skip", "bufferOne", "bufferAll", "cancelOther"] satisfies Overlap[]) {
  const app = detent({
    tasks: [report],
    triggers: [
      trigger("report", {
        when: every("10 s", { overlap, endAt: "2026-03-28T12:00:40Z" }),
        run: report,
        input: (f) => f.occurrence.dueAt,
      }),
    ],
  });
  const tasks = { report: fake({ takes: "25 s", returns: null }) };
  const w = world(app, { from: "2026-03-28T12:00Z", tasks });
  w.advance("3 min");
  const clock = (at: number): string => new Date(at).toISOString().slice(14, 19);
  const ran = w.runs().map(({ input, createdAt, state }) => {
    const [due, at] = [clock(Number(input)), clock(createdAt)];
    return due === at ? `${due} ${state}` : `${due} at ${at} ${state}`;
  });
  const skipped = w.skips().map(({ from }) => clock(from as number));
  console.log(`${overlap}: ${ran.join(", ")}; skipped: ${skipped.join(", ") || "none"}`);
}

// Output:
// skip: 00:10 succeeded, 00:40 succeeded; skipped: 00:20, 00:30
// bufferOne: 00:10 succeeded, 00:20 at 00:35 succeeded, 00:40 at 01:00 succeeded; skipped: 00:30
// bufferAll: 00:10 succeeded, 00:20 at 00:35 succeeded, 00:30 at 01:00 succeeded, 00:40 at 01:25 succeeded; skipped: none
// cancelOther: 00:10 cancelled, 00:20 cancelled, 00:30 cancelled, 00:40 succeeded; skipped: none
