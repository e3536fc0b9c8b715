/** What ends a run: a lost engine, a broken invariant. Bad configuration and bad samples are values instead. */
export class PipelineError extends Error {
  constructor(
    readonly _tag:
      | 'EngineFailed'
      | 'EngineMissing'
      | 'AlreadyRunning'
      | 'BadRecipe'
      | 'EmptyPrompt'
      | 'BrokenInvariant'
      | 'TrainingStalled',
    message: string,
    options?: { readonly cause: unknown },
  ) {
    super(message, options)
    this.name = 'PipelineError'
  }
}
