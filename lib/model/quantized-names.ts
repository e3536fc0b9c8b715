/** Whether int8 rollouts quantize a weight of this name: the layers' projections, which take most of a large model's time. */
export const isQuantized = (name: string): boolean => name.endsWith('_proj.weight')

/** Returns the name of the scales of a quantized weight. */
export const scaleName = (weight: string): string => `${weight}_scale`
