/** Execution providers of ONNX Runtime, as it names them. */
export type OnnxProvider = 'cpu' | 'cuda' | 'webgpu'
