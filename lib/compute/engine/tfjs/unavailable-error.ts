import { PipelineError } from '../../../pipeline-error.js'

/** Known reason why a package does not open. */
interface Problem {
  /** Pattern of the code and message of the exception. */
  readonly pattern: RegExp
  /** Returns the problem and its remedy. */
  readonly describe: (packageName: string, found: string) => string
}

const problems: readonly Problem[] = [
  {
    // Messages of Node.js, of Vite for an optional peer dependency, and of a browser without a bundler.
    pattern: /^ERR_MODULE_NOT_FOUND .*'@tensorflow\/|Could not resolve "@tensorflow\/|resolve module specifier/,
    describe: (name) => `${name} is not installed: npm install ${name}`,
  },
  {
    pattern: /tfjs_binding\.node|libtensorflow|^ERR_DLOPEN_FAILED/,
    describe: (name, found) =>
      `${name} is installed without its native part, or it does not load (${found}); ` +
      `run its install script, which downloads it: npm rebuild ${name} --ignore-scripts=false`,
  },
  {
    pattern: /"wasm" gave up/,
    describe: (name) =>
      `${name} does not load its .wasm file: serve both .wasm files of its folder dist, and pass their address in the option wasmFiles`,
  },
  {
    pattern: /isNullOrUndefined/,
    describe: (name) =>
      `${name} calls util.isNullOrUndefined, which Node.js 23 removed; ` +
      `this is Node.js ${process.versions.node}: use Node.js 20 or 22`,
  },
]

/** Makes an error with a remedy from the exception of a package of TensorFlow.js that does not open. */
export const unavailableError = (packageName: string, cause: unknown): PipelineError => {
  const message = cause instanceof Error ? cause.message : String(cause)
  const found = message.split('\n', 1)[0]!.trim()
  const problem = problems.find(({ pattern }) => pattern.test(`${codeOf(cause)} ${found}`))
  return problem === undefined
    ? new PipelineError('EngineFailed', `${packageName} does not start: ${message}`, { cause })
    : new PipelineError('EngineMissing', problem.describe(packageName, found), { cause })
}

const codeOf = (error: unknown): string => String((error as NodeJS.ErrnoException | null)?.code)
