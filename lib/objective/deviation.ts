import { mean } from '../advantage/mean.js'

/** Mean and standard deviation (n) of a list. */
export const deviation = (values: readonly number[]): { readonly mean: number; readonly std: number } => {
  const center = mean(values)
  return { mean: center, std: Math.sqrt(mean(values.map((value) => (value - center) ** 2))) }
}
