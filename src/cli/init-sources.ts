// The files that `detent init` writes.

export const tasksSource = `// Worker threads import this file. A task is a named function: JSON in, JSON out.
import { task } from "detent";

/** Counts primes: it stands for whatever keeps a core busy. */
export const countPrimes = task({
  id: "count-primes",
  timeout: "1 minute",
  retry: { attempts: 3 },
  run: (input: { below: number }, ctx) => {
    let primes = 0;
    for (let n = 2; n < input.below; n++) {
      if (n % 10_000 === 0) ctx.progress(n / input.below);
      let divisor = 2;
      while (divisor * divisor <= n && n % divisor !== 0) divisor++;
      if (divisor * divisor > n) primes++;
    }
    return { below: input.below, primes };
  },
});

export const report = task({
  id: "report",
  run: (input: { below: number; primes: number }) => {
    console.log(\`there are \${input.primes} primes below \${input.below}\`);
  },
});
`;

export const appSource = `// When runs what. Start it: npx detent start app.ts
import { cron, detent, event, result, trigger } from "detent";
import { countPrimes, report } from "./tasks.ts";

export default detent({
  tasks: [new URL("./tasks.ts", import.meta.url)],
  triggers: [
    trigger("every-five-seconds", {
      when: cron("*/5 * * * * *"),
      run: countPrimes,
      input: { below: 500_000 },
    }),
    trigger("on-request", {
      when: event<{ below: number }>("primes.wanted"),
      run: countPrimes,
      input: (firing) => firing.event.payload,
    }),
    trigger("tell", {
      when: result(countPrimes),
      run: report,
      input: (firing) => firing.result.result,
    }),
  ],
});
`;
