import { PipelineError } from '../../../pipeline-error.js'

interface Ailment {
  /** In the code and message of what was thrown. */
  readonly sign: RegExp
  /** What is wrong, and what helps. */
  readonly says: (packageName: string, found: string) => string
}

const ailments: readonly Ailment[] = [
  {
    // Of Node.js, of Vite for an optional peer, and of a browser without a bundler.
    sign: /^ERR_MODULE_NOT_FOUND .*'@tensorflow\/|Could not resolve "@tensorflow\/|resolve module specifier/,
    says: (name) => `${name} is not installed: npm install ${name}`,
  },
  {
    sign: /tfjs_binding\.node|libtensorflow|^ERR_DLOPEN_FAILED/,
    says: (name, found) =>
      `${name} is installed without its native part, or it does not load (${found}); ` +
      `run its install script, which downloads it: npm rebuild ${name} --ignore-scripts=false`,
  },
  {
    sign: /"wasm" gave up/,
    says: (name) =>
      `${name} does not load its .wasm file: serve the two of its folder dist, plain and simd, and say where with the option wasmFiles`,
  },
  {
    sign: /isNullOrUndefined/,
    says: (name) =>
      `${name} calls util.isNullOrUndefined, which Node.js 23 removed; ` +
      `this is Node.js ${process.versions.node}: use Node.js 20 or 22`,
  },
]

/** Turns what a package of TensorFlow.js threw when it was opened into what to do about it. */
export const unavailable = (packageName: string, cause: unknown): PipelineError => {
  const message = cause instanceof Error ? cause.message : String(cause)
  const found = message.split('\n', 1)[0]!.trim()
  const ailment = ailments.find(({ sign }) => sign.test(`${codeOf(cause)} ${found}`))
  return ailment === undefined
    ? new PipelineError('EngineFailed', `${packageName} does not start: ${message}`, { cause })
    : new PipelineError('EngineMissing', ailment.says(packageName, found), { cause })
}

const codeOf = (error: unknown): string => String((error as NodeJS.ErrnoException | null)?.code)
