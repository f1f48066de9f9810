// Imported before a program: BullMQ's workers stop taking jobs at once.
import { Worker } from "bullmq";

Worker.prototype.run = () => Promise.reject(new Error("as if"));
