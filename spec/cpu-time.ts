/**
 * Processor time of this process since an earlier `process.cpuUsage()`. Unlike the time of a clock it stays nearly the same on a
 * busy machine.
 *
 * @units milliseconds
 */
export const cpuMsSince = (start: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1000
}
