import type { TokenLayout } from '../../batch/tokens.js'
import { PipelineError } from '../../pipeline-error.js'

/**
 * Checks that a server returned a number of values for each token of a response.
 *
 * @errors PipelineError BrokenInvariant that names the response
 */
export const requirePerToken = (
  { responses }: TokenLayout,
  row: number,
  values: ArrayLike<number> | undefined,
  name: string,
  perToken = 1,
): void => {
  const { tokens } = responses[row]!.completion
  if (values?.length === tokens.length * perToken) return
  throw new PipelineError(
    'BrokenInvariant',
    `response ${row} of the batch: found ${values?.length ?? 'no'} ${name}, expected ${tokens.length * perToken}, ${perToken} for each of its ${tokens.length} tokens`,
  )
}
