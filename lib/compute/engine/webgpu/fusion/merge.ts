import type { Node } from '../../../program/node.js'
import { sameShape, sizeOf } from '../../../program/shape.js'
import { formulas } from '../kernels/formulas.js'
import { threadsOf } from '../kernels/matmul.js'
import type { Group, Launch } from './group.js'
import { BINDINGS, isLeaf, type Storage, union } from './stored.js'

/**
 * Merges kernels of elementwise operations that have equally many elements: one kernel computes several results. A group joins an
 * earlier one if nothing that it reads is computed between the two.
 */
export const mergeMaps = (groups: readonly Group[], storage: Storage): readonly Group[] => {
  const merged: Group[] = []
  const placeOf = new Map<Node, number>()
  for (const group of inLevels(groups, storage)) {
    const sources = sourcesOf(group, storage)
    const ready = Math.max(-1, ...[...sources].map((source) => placeOf.get(source) ?? -1))
    const place = group.anchor === null ? findHost(merged, group, ready, storage) : undefined
    if (place === undefined) merged.push(group)
    else merged[place] = join(merged[place]!, group)
    for (const output of group.outputs) placeOf.set(output, place ?? merged.length - 1)
  }
  return merged
}

/**
 * Orders groups by the number of groups before them in a chain of dependencies, so that groups that do not depend on each other are
 * neighbours.
 */
const inLevels = (groups: readonly Group[], storage: Storage): readonly Group[] => {
  const levels = new Map<Node, number>()
  const ranked = groups.map((group) => {
    const level = 1 + Math.max(0, ...[...sourcesOf(group, storage)].map((source) => levels.get(source) ?? 0))
    for (const output of group.outputs) levels.set(output, level)
    return { group, level }
  })
  return ranked.sort((a, b) => a.level - b.level).map(({ group }) => group)
}

/** Number of earlier groups that are tried. */
const REACH = 24

const findHost = (merged: readonly Group[], group: Group, ready: number, storage: Storage): number | undefined => {
  for (let place = merged.length - 1; place >= Math.max(0, ready, merged.length - REACH); place--)
    if (fits(merged[place]!, group, place === ready, storage)) return place
  return undefined
}

const fits = (host: Group, group: Group, isRead: boolean, storage: Storage): boolean => {
  const [first, own] = [host.outputs[0]!, group.outputs[0]!]
  if (host.anchor !== null || sizeOf(first.shape) !== sizeOf(own.shape)) return false
  if (isRead && sizeOf(own.shape) > 1 && !isAligned(own, storage)) return false
  const bound = union([sourcesOf(host, storage), sourcesOf(group, storage)])
  const outputs = [...host.outputs, ...group.outputs]
  return new Set([...bound, ...outputs]).size <= BINDINGS
}

/** Returns whether every element of a result is computed from elements at the same place and from single numbers. */
const isAligned = (output: Node, { stored }: Storage): boolean => {
  const check = (node: Node): boolean =>
    node.op in formulas &&
    node.inputs.every(
      (input) =>
        sizeOf(input.shape) === 1 ||
        (sameShape(input.shape, output.shape) && (isLeaf(input) || stored.has(input) || check(input))),
    )
  return check(output)
}

/** Stored values that a group reads. */
const sourcesOf = ({ anchor, epilogue, outputs }: Group, { sources }: Storage): ReadonlySet<Node> => {
  const own = new Set([...(anchor === null ? [] : [anchor]), ...epilogue, ...outputs])
  const read = union([...own].flatMap(({ inputs }) => inputs.filter((input) => !own.has(input)).map(sources)))
  return new Set([...read].filter((node) => !own.has(node)))
}

const join = (host: Group, group: Group): Group => ({
  ...host,
  outputs: [...host.outputs, ...group.outputs],
  label: `${host.label}, ${group.label}`,
})

/**
 * Joins groups that do not depend on each other into launches: their workgroups run side by side in one dispatch, if they have
 * workgroups of one size and few enough buffers.
 */
export const launchTogether = (groups: readonly Group[], storage: Storage): readonly Launch[] => {
  const launches: { groups: Group[]; bound: ReadonlySet<Node>; kind: string | null }[] = []
  const placeOf = new Map<Node, number>()
  for (const group of groups) {
    const sources = sourcesOf(group, storage)
    const bound = union([sources, new Set(group.outputs)])
    const ready = Math.max(-1, ...[...sources].map((source) => placeOf.get(source) ?? -1))
    const kind = kindOf(group, storage)
    const place = launches.findLastIndex(
      (launch, i) =>
        i > ready && kind !== null && launch.kind === kind && union([launch.bound, bound]).size <= BINDINGS,
    )
    if (place < 0) launches.push({ groups: [group], bound, kind })
    else {
      const launch = launches[place]!
      launch.groups.push(group)
      launch.bound = union([launch.bound, bound])
    }
    for (const output of group.outputs) placeOf.set(output, place < 0 ? launches.length - 1 : place)
  }
  return launches.map((launch) => launch.groups)
}

/** Kind of a group: groups of one kind have workgroups of one size. Attention is launched alone. */
const kindOf = ({ anchor }: Group, { uses }: Storage): string | null => {
  if (anchor === null) return 'threads'
  switch (anchor.op) {
    case 'matmul':
      return `matmul of ${threadsOf(anchor)} threads`
    case 'writeCache':
      // A cache that is read again in the program must be written at its place.
      return uses.get(anchor)!.length === 0 ? 'writeCache' : null
    case 'causalAttention':
    case 'cachedAttention':
      return null
    default:
      return 'threads'
  }
}
