/**
 * Turns rewards into advantages: one number per response, for outcome rewards. Pure.
 *
 * @shape rewards_G [G]  ->  [G], in the same order; G counts a group's or the whole batch's responses, by `scope`
 */
export interface Estimator {
  readonly name: string
  /** Whose rewards it compares: those of one prompt, or of the whole batch. */
  readonly scope: 'group' | 'batch'
  readonly advantages: (rewards_G: readonly number[]) => readonly number[]
}
