// Loaded into the process that the launcher starts. Whoever kills the launcher, which is the process that they see, must not leave an engine behind that they don't: the channel
// between the two closes when the launcher ends, however it ends.
if (process.connected) {
  process.once("disconnect", () => process.kill(process.pid, "SIGKILL"));
  process.channel.unref();
}
