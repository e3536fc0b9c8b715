import type { Bindings } from './bindings.js'

/** Number of threads of a workgroup of a kernel without a reason for another number. */
export const THREADS = 64

/**
 * Completes a shader: declarations, and `main`, in which `group` is the number of the workgroup and `lane` the number of the
 * thread in it.
 */
export const shaderOf = (bindings: Bindings, body: string, globals = '', threads = THREADS): string => `
${bindings.declarations}
${globals}
@compute @workgroup_size(${threads})
fn main(
  @builtin(workgroup_id) place: vec3<u32>,
  @builtin(num_workgroups) places: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
let group = i32(place.x + place.y * places.x);
let lane = i32(local);
${body}
}`
