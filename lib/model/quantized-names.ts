/** Whether a weight of this name goes into eight bits: the projections of layers, where the time of a large model goes. */
export const isQuantized = (name: string): boolean => name.endsWith('_proj.weight')

/** Under which name the scales of a weight in eight bits go. */
export const scaleName = (weight: string): string => `${weight}_scale`
