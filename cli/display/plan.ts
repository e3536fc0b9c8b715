import type { KernelFacts, Origin, PlanFacts } from '../../lib/compute/engine/webgpu/plan/facts.js'
import { counted } from '../../lib/report/number-text.js'
import { columns } from './evaluation.js'
import { countText, cut, sizeText } from './words.js'

/** Longest name of a kernel. @units columns */
const WIDTH = 48

/** Plan of a program as lines of text: a line for every kernel, and the totals. */
export const planLines = (facts: PlanFacts): readonly string[] => {
  const { nodes, kernels, pipelines, copies, arena, bytesIn, bytesOut } = facts
  const sum = (of: (kernel: KernelFacts) => number) => kernels.reduce((total, kernel) => total + of(kernel), 0)
  return [
    ...columns([HEAD, ...kernels.map(cellsOf)]),
    '',
    ...columns([
      ['nodes of the program', String(nodes)],
      ['dispatches', String(kernels.length)],
      ['pipelines', String(pipelines)],
      ['copies on the GPU', String(copies)],
      ['read by kernels', sizeText(sum(({ bytesRead }) => bytesRead))],
      ['written by kernels', sizeText(sum(({ bytesWritten }) => bytesWritten))],
      ['floating-point operations', countText(Math.round(sum(({ flops }) => flops)))],
      ['arena', `${sizeText(arena.bytes)}, of which ${sizeText(arena.bound)} are alive at the same time`],
      ['copied to the GPU per run', counted(bytesIn, 'byte')],
      ['copied to the host per run', `${counted(bytesOut, 'byte')}, if every result that leaves the GPU is read`],
    ]),
  ]
}

const HEAD = ['', 'kernel', 'workgroups', 'threads', 'read', 'written', 'operations', 'inputs']

const cellsOf = (kernel: KernelFacts, index: number): readonly string[] => [
  `#${index + 1}`,
  cut(kernel.label, WIDTH),
  kernel.grid[1] === 1 ? String(kernel.grid[0]) : kernel.grid.join(' x '),
  String(kernel.threads),
  sizeText(Math.round(kernel.bytesRead)),
  sizeText(Math.round(kernel.bytesWritten)),
  countText(Math.round(kernel.flops)),
  [...new Set(kernel.inputs.map(originText))].join(', '),
]

/** A name of a weight comes from a file, and may hold control characters. */
const originText = (origin: Origin): string => {
  if (origin.kind === 'constant') return 'constant'
  if (origin.kind === 'kernel') return `#${origin.number}`
  const [first = '', ...others] = origin.names
  return others.length === 0 ? first : `${first} and ${others.length} more`
}
