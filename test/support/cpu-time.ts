/** Milliseconds of processor time that this process used for `work`: unlike the time of day, it does not grow with others' load. */
export async function cpuTime(work: () => unknown): Promise<number> {
  const start = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}
