import { PipelineError } from '../../pipeline-error.js'

const VISIBLE = 'CUDA_VISIBLE_DEVICES'

/**
 * Sets what CUDA reads from the environment when it starts, once in a process. The environment of the user comes first.
 *
 * - Products of float32 are not rounded to TF32, which has ten bits of mantissa. Neither ONNX Runtime nor TensorFlow has an
 *   option for it in Node.js.
 * - GPUs are numbered as nvidia-smi does. By default CUDA begins with the one that it takes for the fastest.
 */
export const prepareCuda = (): void => {
  process.env['NVIDIA_TF32_OVERRIDE'] ??= '0'
  process.env['CUDA_DEVICE_ORDER'] ??= 'PCI_BUS_ID'
}

/**
 * Number of GPUs that CUDA_VISIBLE_DEVICES shows to this process; undefined if the variable is not set. CUDA reads its list
 * up to the first entry that is no GPU, such as -1.
 */
export const countVisibleGpus = (): number | undefined => {
  const shown = process.env[VISIBLE]?.split(',').map((entry) => entry.trim())
  const end = shown?.findIndex((entry) => entry === '' || entry.startsWith('-'))
  return end === -1 ? shown?.length : end
}

/** Returns whether the user hid every GPU from CUDA, so that TensorFlow computes on the CPU. */
export const hidesGpus = (): boolean => countVisibleGpus() === 0

/**
 * Shows only one GPU to TensorFlow, which computes on the last one that it sees and has no option for another. The
 * variable holds for the whole process. Returns a function that takes it back.
 *
 * @errors PipelineError EngineFailed if the variable already shows something else
 */
export const showGpu = (gpu: number): (() => void) => {
  const { env } = process
  const found = env[VISIBLE]
  if (found !== undefined && found !== String(gpu))
    throw new PipelineError(
      'EngineFailed',
      `gpu: found ${gpu}, but ${VISIBLE} is "${found}"; TensorFlow uses one GPU in a process: ` +
        `unset the variable, or leave the option out and set the variable to ${gpu}`,
    )
  env[VISIBLE] = String(gpu)
  return () => {
    if (found === undefined) Reflect.deleteProperty(env, VISIBLE)
  }
}
