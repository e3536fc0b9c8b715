import type { Bindings } from './bindings.js'

/** Number of threads of a workgroup of a kernel without a reason for another number. */
export const THREADS = 64

/** Code of one group: what its workgroups do. In `body`, `group` is the number of the workgroup, and `lane` that of the thread. */
export interface Part {
  /** Declarations outside of `main`. Equal declarations of several parts are made once. */
  readonly globals: readonly string[]
  readonly body: string
  readonly workgroups: number
  readonly threads: number
}

/** Completes a shader of several parts. The first workgroups serve the first part, the next ones the second, and so on. */
export const shaderOf = (bindings: Bindings, parts: readonly Part[]): string => {
  let end = 0
  const branches = parts.map(({ body, workgroups }) => {
    const start = end
    end += workgroups
    return `if (group < ${end}) {\nlet group = group - ${start};\n${body}\n}`
  })
  return `
${bindings.declarations}
${[...new Set(parts.flatMap(({ globals }) => globals))].join('\n')}
@compute @workgroup_size(${parts[0]!.threads})
fn main(
  @builtin(workgroup_id) place: vec3<u32>,
  @builtin(num_workgroups) places: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
let group = i32(place.x + place.y * places.x);
let lane = i32(local);
${branches.join(' else ')}
}`
}
