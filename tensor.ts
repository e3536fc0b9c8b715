/**
 * Program language of the compute engines: differentiable operations on tensors of known shape. Objectives are written
 * in it: `import * as tensor from 'entrain/tensor'`.
 *
 * @packageDocumentation
 */

export type { DeviceTensor, Engine, Executable, Feed, RunResult } from './lib/compute/engine/engine.js'
export type { HostTensor, Node, Program, Shape } from './lib/compute/program/node.js'
export type { Signature } from './lib/compute/program/signature.js'
export { gradient } from './lib/compute/gradient.js'
export { program } from './lib/compute/program/program.js'
export { ShapeError } from './lib/compute/program/shape-error.js'
export * from './lib/compute/operation/index.js'
