/** Returns whether int8 rollouts quantize a weight of this name: a projection of a layer, because these take most of the time. */
export const isQuantized = (name: string): boolean => name.endsWith('_proj.weight')

/** Returns the name of the scales of a quantized weight. */
export const scaleName = (weight: string): string => `${weight}_scale`
