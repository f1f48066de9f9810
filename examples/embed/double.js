// What a worker runs.
self.addEventListener("message", ({ data }) => self.postMessage(data * 2));
