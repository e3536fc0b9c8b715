import { inject } from 'vitest'
import type { TfjsBackend } from '#lib/compute/engine/engines.js'

const all: readonly TfjsBackend[] = ['cpu', 'wasm', 'webgpu', 'node', 'node-gpu']

/** Backends that open on this machine. */
export const backends: readonly TfjsBackend[] = all.filter((backend) => inject('engines').includes(`tfjs-${backend}`))
