/** What ends a run: a lost engine, a broken invariant, weights that are no numbers. Bad configuration and bad samples are values instead. */
export class PipelineError extends Error {
  constructor(
    readonly _tag:
      | 'EngineFailed'
      | 'EngineMissing'
      | 'AlreadyRunning'
      | 'BadRecipe'
      | 'EmptyPrompt'
      | 'BrokenInvariant'
      | 'Diverged',
    message: string,
    options?: { readonly cause: unknown },
  ) {
    super(message, options)
    this.name = 'PipelineError'
  }
}
