// Worker threads import this file by itself.
import { isMainThread } from "node:worker_threads";
import { task } from "detent";

export const countPrimes = task({
  id: "count-primes",
  timeout: "30 seconds",
  run: (below: number) => {
    let primes = 0;
    for (let n = 2; n < below; n++) {
      let factor = 2;
      while (factor * factor <= n && n % factor !== 0) factor++;
      if (factor * factor > n) primes++;
    }
    console.log(`${primes} primes below ${below}, found on the main thread: ${isMainThread}`);
    return primes;
  },
});
