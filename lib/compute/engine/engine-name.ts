/** Every engine, as the command line names it. */
export const engineNames = ['onnx', 'tfjs-wasm', 'tfjs-cpu', 'tfjs-node', 'tfjs-node-gpu'] as const

export type EngineName = (typeof engineNames)[number]

export interface EngineOptions {
  /** Of one run, where the engine lets us choose (onnx); as many as the machine has cores unless given. */
  readonly threads?: number
}
