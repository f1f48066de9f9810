// What a task returns, or how it failed, starts others.
import { detent, failure, result, start, task, trigger } from "detent";

const parse = task({ id: "parse", run: (text: string): { total: number } => JSON.parse(text) });
const pay = task({ id: "pay", run: (total: number) => console.log(`pay ${total}`) });
const complain = task({ id: "complain", run: (line: string) => console.log(line) });

const app = detent({
  tasks: [parse, pay, complain],
  triggers: [
    trigger("pay", {
      when: result(parse, { where: ({ total }) => total > 0 }),
      run: pay,
      input: (f) => f.result.result.total,
    }),
    trigger("complain", {
      when: failure(parse, { error: "SyntaxError" }),
      run: complain,
      input: (f) => `no invoice: ${f.failure.input}`,
    }),
  ],
});

const runtime = await start(app, { store: "memory:" });
for (const text of ['{ "total": 120 }', '{ "total": 0 }', "hello"]) {
  await runtime.run(parse, text);
  await runtime.idle();
}
await runtime.stop();

// Output:
// pay 120
// no invoice: hello
