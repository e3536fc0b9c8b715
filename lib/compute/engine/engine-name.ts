/** Every engine, as the command line names it. */
export const engineNames = [
  'onnx',
  'onnx-cuda',
  'onnx-webgpu',
  'tfjs-webgpu',
  'tfjs-node-gpu',
  'tfjs-node',
  'tfjs-wasm',
  'tfjs-cpu',
] as const

export type EngineName = (typeof engineNames)[number]

export interface EngineOptions {
  /** Of one run, where the engine lets us choose (onnx); as many as the machine has cores unless given. */
  readonly threads?: number
  /** Refuses WebGPU on an adapter that is a program on the CPU: slower than every other engine. */
  readonly hardware?: boolean
}
