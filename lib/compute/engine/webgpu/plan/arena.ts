/** Value that is in memory from one step of a plan to another. */
interface Lifetime {
  readonly bytes: number
  /** Numbers of the step that writes the value and of the last step that reads it. */
  readonly first: number
  readonly last: number
}

/** Offsets of values in one buffer. */
export interface Arena {
  readonly offsets: readonly number[]
  readonly bytes: number
  /** Largest number of bytes that are alive at the same time: no arena can be smaller. */
  readonly bound: number
}

/** Alignment of the offset of a binding that every WebGPU device accepts. @units bytes */
export const ALIGNMENT = 256

/** Rounds a number of bytes up to the alignment of a binding. */
export const align = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT

/**
 * Places values in one buffer so that values that are alive at the same time do not overlap. The largest is placed first, each at
 * the lowest offset that is free during its lifetime.
 */
export const arenaOf = (lifetimes: readonly Lifetime[]): Arena => {
  const sizes = lifetimes.map(({ bytes }) => align(bytes))
  const offsets = lifetimes.map(() => 0)
  const placed: number[] = []
  const bySize = [...lifetimes.keys()].sort(
    (a, b) => sizes[b]! - sizes[a]! || lifetimes[a]!.first - lifetimes[b]!.first,
  )
  for (const i of bySize) {
    const neighbours = placed
      .filter((j) => overlaps(lifetimes[i]!, lifetimes[j]!))
      .sort((a, b) => offsets[a]! - offsets[b]!)
    let offset = 0
    for (const j of neighbours) {
      if (offset + sizes[i]! <= offsets[j]!) break
      offset = Math.max(offset, offsets[j]! + sizes[j]!)
    }
    offsets[i] = offset
    placed.push(i)
  }
  return {
    offsets,
    bytes: offsets.reduce((most, offset, i) => Math.max(most, offset + sizes[i]!), 0),
    bound: boundOf(lifetimes, sizes),
  }
}

const overlaps = (a: Lifetime, b: Lifetime): boolean => a.first <= b.last && b.first <= a.last

const boundOf = (lifetimes: readonly Lifetime[], sizes: readonly number[]): number => {
  const changes = new Map<number, number>()
  lifetimes.forEach(({ first, last }, i) => {
    changes.set(first, (changes.get(first) ?? 0) + sizes[i]!)
    changes.set(last + 1, (changes.get(last + 1) ?? 0) - sizes[i]!)
  })
  let [alive, most] = [0, 0]
  for (const step of [...changes.keys()].sort((a, b) => a - b)) {
    alive += changes.get(step)!
    most = Math.max(most, alive)
  }
  return most
}
