import { compose } from '../../compose.js'
import { mapNodes } from '../../program/map-nodes.js'
import { isOp, type Program } from '../../program/node.js'
import { hasKernel } from './webgpu/kernels.js'
import { withTables } from './webgpu/rope.js'

/**
 * Rewrites a program to the operations for which the backend has kernels: elementary operations, and on WebGPU also
 * most fused ones.
 */
export const lower = (whole: Program, backend: string): Program =>
  backend === 'webgpu'
    ? mapNodes(compose(whole, hasKernel), (node) => (isOp(node, 'rope') ? withTables(node) : node))
    : compose(whole)
