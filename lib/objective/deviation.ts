/** Mean and standard deviation (n) of a list. */
export const deviation = (values: readonly number[]): { readonly mean: number; readonly std: number } => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length
  return { mean, std: Math.sqrt(variance) }
}
