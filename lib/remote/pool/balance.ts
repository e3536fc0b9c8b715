/** Load of one server. */
export interface Load {
  /** False for a server that gets no work now. */
  readonly isReady: boolean
  /** Number of prompts that it works on. */
  readonly inWork: number
  /** Measured speed; null before its first group. @units groups per second */
  readonly speed: number | null
}

/** Server that gets the next prompt, and the place of that prompt in the queue. */
export interface Assignment {
  readonly server: number
  readonly place: number
}

/**
 * Chooses the server that gets a prompt from the queue, and which prompt it gets; null if no server should get one now.
 *
 *     f_s = (n_s + 1) / v_s          time in which server s finishes one more prompt; n_s prompts in its work, speed v_s
 *     p_s = f_s V - (N + 1)          number of waiting prompts that all servers finish before; V = sum of v, N = sum of n
 *
 * The free server with the smallest f_s gets the prompt at place p_s of the queue, which is finished at this time anyway. If there
 * is no such prompt, the server stays idle, unless no other server is faster. So a server has at most its share v_s / V of the
 * prompts that are in work or waiting, and a slow server never delays a prompt that the others would have finished earlier.
 *
 * A server without a measured speed counts with the mean of the others, and gets at most {@link UNTRIED} prompts while there are
 * others, because it may be the slowest.
 *
 * @param limit maximum number of prompts that one server works on
 */
export const chooseAssignment = (servers: readonly Load[], waiting: number, limit: number): Assignment | null => {
  if (waiting === 0) return null
  const unmeasured = meanSpeed(servers)
  const untried = isAlone(servers) ? limit : Math.min(limit, UNTRIED)
  let [inWork, speed, soonest, soonestFree, free] = [0, 0, Infinity, Infinity, -1]
  for (let s = 0; s < servers.length; s++) {
    const load = servers[s]!
    if (!load.isReady) continue
    const ofServer = load.speed ?? unmeasured
    inWork += load.inWork
    speed += ofServer
    const finish = (load.inWork + 1) / ofServer
    if (finish < soonest) soonest = finish
    if (finish < soonestFree && load.inWork < (load.speed === null ? untried : limit)) {
      soonestFree = finish
      free = s
    }
  }
  if (free < 0) return null
  if (soonestFree <= soonest) return { server: free, place: 0 }
  const place = Math.max(0, Math.floor(soonestFree * speed - (inWork + 1)))
  return place < waiting ? { server: free, place } : null
}

/** Maximum number of prompts in the work of a server whose speed is not measured. */
const UNTRIED = 4

const isAlone = (servers: readonly Load[]): boolean => {
  let ready = 0
  for (const { isReady } of servers) if (isReady) ready++
  return ready === 1
}

const meanSpeed = (servers: readonly Load[]): number => {
  let [sum, count] = [0, 0]
  for (const { isReady, speed } of servers)
    if (isReady && speed !== null) {
      sum += speed
      count++
    }
  return count === 0 ? 1 : sum / count
}
