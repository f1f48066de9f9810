// What a worker runs.
self.onmessage = ({ data }) => self.postMessage(data * 2);
