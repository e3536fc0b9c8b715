/** Learning rate of an optimiser step, steps counted from 0. Pure. */
export type LearningRate = (step: number) => number

/** Rises linearly over `warmup` steps to `rate`, and stays: AdamW's first steps, all of full size, are kept small. */
export const constantRate =
  (rate: number, warmup = 0): LearningRate =>
  (step) =>
    rate * Math.min(1, (step + 1) / (warmup + 1))

/** Rises linearly over `warmup` steps to `peak`, then falls along half a cosine to `end` at `steps`. */
export const warmupCosine =
  ({ peak, end = 0, warmup, steps }: { peak: number; end?: number; warmup: number; steps: number }): LearningRate =>
  (step) => {
    if (step < warmup) return (peak * (step + 1)) / warmup
    const progress = Math.min(1, (step - warmup) / Math.max(1, steps - warmup))
    return end + ((peak - end) * (1 + Math.cos(Math.PI * progress))) / 2
  }
